/** Which part of what was written says what of what is to be written. */
import type { Json, JsonObject } from "../api/types.ts";
import { isEqual, isObject } from "../graph/definition.ts";

export interface Match {
  /** The index of the entry that it is written in; -1: of none. */
  was: number;
  name: string;
  value: Json;
}

/** `written`: the names in the order of the text, which is kept; what is new follows what it follows in `next`. */
export function matchMembers(
  written: readonly string[],
  before: JsonObject,
  next: JsonObject,
): Match[] {
  const names = Object.keys(next);
  const renamed = renaming(before, next);
  const formerly = (name: string) => (name === renamed?.next ? renamed.name : name);
  const match = (name: string): Match => ({
    was: written.indexOf(formerly(name)),
    name,
    value: next[name] ?? null,
  });
  const wanted = names.map(formerly);
  const order = written.filter((name) => wanted.includes(name));
  for (const [at, name] of wanted.entries()) {
    if (order.includes(name)) continue;
    order.splice(at === 0 ? 0 : order.indexOf(wanted[at - 1] ?? "") + 1, 0, name);
  }
  return order.map((name) => match(names[wanted.indexOf(name)] ?? name));
}

/** One name gone and another come in its place: the same member under another name. */
function renaming(before: JsonObject, next: JsonObject): { name: string; next: string } | null {
  const [old, now] = [Object.keys(before), Object.keys(next)];
  const [gone, come] = [
    old.filter((name) => !Object.hasOwn(next, name)),
    now.filter((name) => !Object.hasOwn(before, name)),
  ];
  const [from, to] = [gone[0], come[0]];
  if (gone.length !== 1 || come.length !== 1 || from === undefined || to === undefined) return null;
  return old.indexOf(from) === now.indexOf(to) ? { name: from, next: to } : null;
}

export function matchItems(before: readonly Json[], next: readonly Json[]): Match[] {
  const matches = next.map((value): Match => ({ was: -1, name: "", value }));
  const free = new Set(before.keys());
  const claim = (fits: (was: Json, now: Json, isSamePlace: boolean) => boolean) => {
    let from = 0;
    for (const [at, match] of matches.entries()) {
      if (match.was >= 0) continue;
      const isIt = (was: number) => fits(before[was] ?? null, match.value, was === at);
      // Nearly always the one behind the last; then those further on, then those before.
      const found =
        free.has(from) && isIt(from)
          ? from
          : ([...free].find((was) => was > from && isIt(was)) ?? [...free].find(isIt));
      if (found === undefined) continue;
      match.was = found;
      free.delete(found);
      from = found + 1;
    }
  };
  claim((was, now) => isEqual(was, now));
  claim((was, now) => identityOf(was) !== null && identityOf(was) === identityOf(now));
  const isSameLength = before.length === next.length;
  claim((was, now, isSamePlace) => isSamePlace && isAlike(was, now, isSameLength));
  return matches;
}

function identityOf(value: Json): string | null {
  if (!isObject(value)) return null;
  const name = value.key ?? value.name;
  return typeof name === "string" && name !== "" ? name : null;
}

function isAlike(was: Json, now: Json, isSameLength: boolean): boolean {
  if (!isObject(was) || !isObject(now)) return isSameLength && !isObject(was) && !isObject(now);
  return Object.keys(was).some((name) => Object.hasOwn(now, name) && isEqual(was[name], now[name]));
}
