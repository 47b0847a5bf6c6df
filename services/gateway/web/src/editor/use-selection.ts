/** What can be done with the chosen steps, the same from the canvas, the outline and the keyboard. */
import { useState } from "react";
import type { JsonObject } from "../api/types.ts";
import { type Graph, type GraphEdge, TRIGGER } from "../graph/definition.ts";
import { useGraphWords } from "../graph/words.ts";
import { useAnnouncer } from "../ui/announcer.tsx";
import { keep, pasted } from "./clipboard.ts";
import {
  addNode,
  connect,
  copyNodes,
  type Fragment,
  pasteNodes,
  removeEdges,
  removeNodes,
} from "./edits.ts";
import { useEditorWords } from "./words.ts";

/** What a type cannot do without, where it can be guessed. */
const BEGINNINGS: Record<string, JsonObject> = {
  manual_input: { fields: [{ name: "answer", type: "text", required: true }] },
};

export interface Selection {
  selected: string[];
  select: (keys: string[]) => void;
  add: (type: string, after?: string | null) => string;
  remove: (keys: string[]) => void;
  removeEdges: (ids: string[]) => void;
  connect: (edge: GraphEdge) => void;
  copy: (keys: string[]) => void;
  /** What stands in a text, or what this browser has kept. */
  paste: (text: string, after?: string) => void;
  duplicate: (keys: string[]) => void;
}

export function useSelection(
  definition: JsonObject,
  graph: Graph,
  change: (definition: JsonObject, tag: string) => void,
): Selection {
  const w = useEditorWords();
  const { w: words } = useGraphWords();
  const { say } = useAnnouncer();
  const [chosen, select] = useState<string[]>([]);
  const keys = [TRIGGER, ...graph.nodes.map((node) => node.key)];
  const selected = chosen.filter((key) => keys.includes(key));
  const last = selected.at(-1) ?? leafOf(graph);

  const insert = (fragment: Fragment, after: string) => {
    if (fragment.nodes.length === 0) return;
    const pasted = pasteNodes(definition, fragment, after);
    change(pasted.definition, "");
    select(pasted.keys);
    say(w.pasted(pasted.keys.length));
  };

  return {
    selected,
    select,
    add: (type, after) => {
      const name = words.types[type] ?? type;
      const node = { type, name, config: BEGINNINGS[type] ?? {} };
      const added = addNode(definition, node, ...placeFor(graph, after ?? last));
      change(added.definition, "");
      select(added.keys);
      say(w.added(name));
      return added.keys[0] ?? "";
    },
    remove: (gone) => {
      const real = gone.filter((key) => key !== TRIGGER);
      if (real.length === 0) return;
      const before = graph.edges.find((edge) => edge.to === real[0])?.from;
      change(removeNodes(definition, real), "");
      select(before !== undefined && !real.includes(before) ? [before] : []);
      say(w.removed(real.length));
    },
    removeEdges: (ids) => change(removeEdges(definition, ids), ""),
    connect: (edge) => {
      const next = connect(definition, edge);
      if (next) change(next, "");
      else say(w.circle);
    },
    copy: (some) => {
      const fragment = copyNodes(definition, some);
      if (fragment.nodes.length > 0) keep(fragment);
    },
    paste: (text, after = last) => insert(pasted(text), after),
    duplicate: (some) => insert(copyNodes(definition, some), some.at(-1) ?? last),
  };
}

/** Nothing can follow a stop: what is added there comes before it. */
function placeFor(graph: Graph, key: string): [string, string?] {
  const stops = graph.nodes.some((node) => node.key === key && node.type === "stop");
  const edge = stops ? graph.edges.find((one) => one.to === key) : undefined;
  return edge ? [edge.from, edge.port] : [key];
}

/** Something that nothing follows: where a step goes when none is chosen. */
function leafOf(graph: Graph): string {
  const leaves = graph.nodes.filter(
    (node) => node.type !== "stop" && !graph.edges.some((edge) => edge.from === node.key),
  );
  return leaves.at(-1)?.key ?? TRIGGER;
}
