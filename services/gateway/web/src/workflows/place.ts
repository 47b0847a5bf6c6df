/** Where in the text a fault's path points: exact where the server says, else found by the node's key. */
import type { Fault, Json, JsonObject } from "../api/types.ts";

/** The place of a line and column, both counted from one, in a text. */
export function offsetOf(text: string, line: number, column: number): number {
  const lines = text.split("\n").slice(0, line - 1);
  const before = lines.reduce((length, each) => length + each.length + 1, 0);
  return Math.min(text.length, before + column - 1);
}

/** The start of the text when nothing better is known. */
export function placeOf(fault: Fault, definition: JsonObject | null, text: string): number {
  if (fault.line != null) return offsetOf(text, fault.line, fault.column ?? 1);
  const [list, index, ...names] = fault.path.split("/").slice(1);
  if (list !== "nodes") return find(text, list ?? "", 0, text.length) ?? 0;
  const keys = nodeKeys(definition);
  const at = findKey(text, keys[Number(index)], find(text, "nodes", 0, text.length) ?? 0);
  if (at === null) return 0;
  const end = findKey(text, keys[Number(index) + 1], at + 1) ?? text.length;
  return names.reduce((from, name) => find(text, name, from, end) ?? from, at);
}

function nodeKeys(definition: JsonObject | null): (string | undefined)[] {
  const nodes = definition?.nodes;
  if (!Array.isArray(nodes)) return [];
  return nodes.map((node: Json) => {
    const isObject = typeof node === "object" && node !== null && !Array.isArray(node);
    return isObject && typeof node.key === "string" ? node.key : undefined;
  });
}

/** `key: name` as YAML or JSON writes it. */
function findKey(text: string, key: string | undefined, from: number): number | null {
  if (key === undefined) return null;
  const written = new RegExp(`\\bkey["']?\\s*:\\s*["']?${escaped(key)}(?![\\w-])`, "g");
  written.lastIndex = from;
  return written.exec(text)?.index ?? null;
}

/** A name as the name of a member. */
function find(text: string, name: string, from: number, end: number): number | null {
  if (name === "") return null;
  const written = new RegExp(`(?<![\\w-])${escaped(name)}["']?\\s*:`, "g");
  written.lastIndex = from;
  const found = written.exec(text);
  return found && found.index < end ? found.index : null;
}

/** `RegExp.escape` is newer than the oldest browser that this is built for. */
function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
