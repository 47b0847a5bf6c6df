/** Steps that were copied: as JSON text, so that they can be sent to somebody, and in this browser where there is no clipboard. */
import type { Json } from "../api/types.ts";
import { isObject, objectsOf, readEdge } from "../graph/definition.ts";
import type { Fragment } from "./edits.ts";

const KEY = "flusso.clipboard";
const NOTHING: Fragment = { nodes: [], edges: [] };

export function keep(fragment: Fragment): void {
  const text = JSON.stringify(fragment, null, 2);
  // Without HTTPS, and without leave, there is no clipboard.
  void navigator.clipboard?.writeText(text).catch(() => undefined);
  try {
    localStorage.setItem(KEY, text);
  } catch {
    // Storage is full or forbidden: the clipboard may have it.
  }
}

/** What a text says, be it steps of a definition or a whole one; else what this browser has kept. */
export function pasted(text: string): Fragment {
  const found = fragmentOf(text);
  if (found) return found;
  try {
    return fragmentOf(localStorage.getItem(KEY) ?? "") ?? NOTHING;
  } catch {
    return NOTHING;
  }
}

/** Null: no steps. */
export function fragmentOf(text: string): Fragment | null {
  const value = readJson(text);
  if (!isObject(value) || !Array.isArray(value.nodes)) return null;
  const nodes = objectsOf(value.nodes).filter(
    ({ key, type }) => typeof key === "string" && key !== "" && typeof type === "string",
  );
  const keys = new Set(nodes.map(({ key }) => key));
  const edges = objectsOf(value.edges).map(readEdge);
  return nodes.length === 0
    ? null
    : { nodes, edges: edges.filter(({ from, to }) => keys.has(from) && keys.has(to)) };
}

function readJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
