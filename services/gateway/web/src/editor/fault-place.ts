/** Where a problem is, as people name it: the step and the member rather than a path. */
import type { Fault, JsonObject } from "../api/types.ts";
import { readGraph } from "../graph/definition.ts";
import { labelOf as nodeLabelOf } from "../graph/flow-labels.ts";
import type { GraphWords } from "../graph/words.ts";
import { type EditorWords, labelOf } from "./words.ts";

export function faultPlace(
  definition: JsonObject,
  { path }: Fault,
  words: GraphWords,
  w: EditorWords,
): string {
  const [list = "", index = "", ...rest] = path.split("/").slice(1);
  const graph = readGraph(definition);
  const node = graph.nodes.find((one) => one.index === Number(index));
  if (list === "trigger") return named(words.trigger, [index, ...rest], w);
  return list === "nodes" && node ? named(nodeLabelOf(words, node), rest, w) : path || "/";
}

function named(name: string, members: string[], w: EditorWords): string {
  const [first, ...deeper] = members.filter((one) => one !== "config");
  if (first === undefined || first === "") return name;
  return [name, labelOf(w, first), ...deeper.map((one) => part(one, w))].join(" · ");
}

/** People count from one. */
function part(member: string, w: EditorWords): string {
  return /^\d+$/.test(member) ? String(Number(member) + 1) : labelOf(w, member);
}
