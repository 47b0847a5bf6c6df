/** What a node is called. */
import { withoutHidden } from "../ui/bidi.ts";
import { type GraphNode, TRIGGER } from "./definition.ts";
import type { GraphWords } from "./words.ts";

export function labelOf(w: GraphWords, node: GraphNode): string {
  return node.key === TRIGGER ? w.trigger : withoutHidden(node.name);
}
