/** Data as a tree of lines: names, paths, search, and which branches open. Pure rules. */
import type { Json } from "../api/types.ts";

export type Path = readonly (string | number)[];

/** What "expand all" lays out at most, and what a search looks through at most. */
export const LINES_MAX = 2_000;
const LOOKED_AT_MAX = 100_000;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function isBranch(value: Json): value is Json[] | { [key: string]: Json } {
  return value !== null && typeof value === "object";
}

export function entriesOf(value: Json): [string | number, Json][] {
  if (Array.isArray(value)) return value.map((item, index) => [index, item]);
  return isBranch(value) ? Object.entries(value) : [];
}

export function idOf(path: Path): string {
  return path.map((part) => encodeURIComponent(part)).join("/");
}

/** The value as a text to copy: texts as they are, everything else as JSON. */
export function asText(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** The variable that reads a value, as templates write it; null where they cannot name it. */
export function variableOf(base: string, path: Path): string | null {
  let text = base;
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (NAME.test(part)) text += `.${part}`;
    else if (!part.includes('"')) text += `["${part}"]`;
    else if (!part.includes("'")) text += `['${part}']`;
    else return null;
  }
  return text.includes("}}") ? null : `{{ ${text} }}`;
}

/** How many lines a value has, counted no further than `max`. */
export function linesOf(value: Json, max: number): number {
  let lines = 0;
  const waiting: Json[] = [value];
  for (let next = waiting.pop(); next !== undefined && lines < max; next = waiting.pop()) {
    lines += 1;
    if (isBranch(next)) waiting.push(...entriesOf(next).map(([, item]) => item));
  }
  return lines;
}

/** The branches to open so that all is seen, the outer ones first, up to `LINES_MAX` lines. */
export function allBranches(value: Json): Set<string> {
  const open = new Set<string>();
  const waiting: [Path, Json][] = [[[], value]];
  let lines = 1;
  for (let place = 0; place < waiting.length && lines < LINES_MAX; place += 1) {
    const [path, branch] = waiting[place] as [Path, Json];
    if (!isBranch(branch)) continue;
    open.add(idOf(path));
    for (const [name, item] of entriesOf(branch)) {
      lines += 1;
      waiting.push([[...path, name], item]);
    }
  }
  return open;
}

export interface Found {
  /** Lines that match. */
  hits: Set<string>;
  /** They, and the branches that lead to them. */
  shown: Set<string>;
}

/** The lines whose name or value has the text. */
export function search(value: Json, text: string): Found {
  const wanted = text.trim().toLowerCase();
  const found: Found = { hits: new Set(), shown: new Set() };
  let looked = 0;
  const look = (path: Path, item: Json): boolean => {
    looked += 1;
    if (looked > LOOKED_AT_MAX) return false;
    const hit = isHit(path.at(-1), item, wanted);
    if (hit) found.hits.add(idOf(path));
    let within = false;
    for (const [name, inner] of entriesOf(item)) within = look([...path, name], inner) || within;
    if (hit || within) found.shown.add(idOf(path));
    return hit || within;
  };
  look([], value);
  return found;
}

function isHit(name: string | number | undefined, value: Json, wanted: string): boolean {
  if (typeof name === "string" && name.toLowerCase().includes(wanted)) return true;
  return !isBranch(value) && String(value).toLowerCase().includes(wanted);
}
