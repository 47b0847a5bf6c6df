/** What two versions of a workflow differ in, in its own terms: steps, edges and settings instead of lines. */
import type { Json, JsonObject } from "../api/types.ts";
import {
  edgeId,
  type GraphEdge,
  isEqual,
  isObject,
  objectsOf,
  readEdge,
} from "../graph/definition.ts";

export interface Content {
  name: string;
  description: string;
  definition: JsonObject;
}

/** One value that is not what it was; `undefined` on a side where there was none. */
export interface Change {
  path: string[];
  before: Json | undefined;
  after: Json | undefined;
}

export interface NodeChange {
  kind: "added" | "removed" | "changed";
  key: string;
  name: string;
  type: string;
  changes: Change[];
}

export interface Comparison {
  about: Change[];
  trigger: Change[];
  nodes: NodeChange[];
  edgesAdded: GraphEdge[];
  edgesRemoved: GraphEdge[];
  settings: Change[];
}

/** Members by which the entries of a list are known, so that one more on top does not change all that follow. */
const NAMES = ["key", "name", "port", "id"];

export function compare(before: Content, after: Content): Comparison {
  const old = before.definition;
  const now = after.definition;
  const former = edgesOf(old);
  const present = edgesOf(now);
  return {
    about: [
      ...changesOf(before.name, after.name, ["name"]),
      ...changesOf(before.description, after.description, ["description"]),
    ],
    trigger: changesOf(old.trigger, now.trigger),
    nodes: nodeChanges(nodesOf(old), nodesOf(now)),
    edgesAdded: [...present].filter(([id]) => !former.has(id)).map(([, edge]) => edge),
    edgesRemoved: [...former].filter(([id]) => !present.has(id)).map(([, edge]) => edge),
    settings: changesOf(old.settings, now.settings),
  };
}

export function isSame(comparison: Comparison): boolean {
  return Object.values(comparison).every((part) => part.length === 0);
}

function nodesOf(definition: JsonObject): Map<string, JsonObject> {
  return new Map(objectsOf(definition.nodes).map((node) => [String(node.key ?? ""), node]));
}

function edgesOf(definition: JsonObject): Map<string, GraphEdge> {
  return new Map(
    objectsOf(definition.edges).map((each) => {
      const edge = readEdge(each);
      return [edgeId(edge), edge];
    }),
  );
}

function nodeChanges(old: Map<string, JsonObject>, now: Map<string, JsonObject>): NodeChange[] {
  const removed = [...old].filter(([key]) => !now.has(key));
  const rest = [...now].flatMap(([key, node]) => {
    const former = old.get(key);
    const changes = changesOf(former ?? withoutConfig(node), node).filter(
      ({ path }) => path[0] !== "key",
    );
    if (!former) return [changeOf("added", node, changes)];
    return changes.length > 0 ? [changeOf("changed", node, changes)] : [];
  });
  return [...removed.map(([, node]) => changeOf("removed", node, [])), ...rest];
}

/** Of a step that is new, its settings are all there is to say. */
function withoutConfig({ key, name, type }: JsonObject): JsonObject {
  return { key: key ?? null, name: name ?? null, type: type ?? null };
}

function changeOf(kind: NodeChange["kind"], node: JsonObject, changes: Change[]): NodeChange {
  const key = String(node.key ?? "");
  return { kind, key, name: String(node.name || key), type: String(node.type ?? ""), changes };
}

/** A missing member and an empty one mean the same in a definition. */
function isNothing(value: Json | undefined): boolean {
  return value === undefined || value === null || (isObject(value) && !Object.keys(value).length);
}

export function changesOf(
  before: Json | undefined,
  after: Json | undefined,
  path: string[] = [],
): Change[] {
  if ((isNothing(before) && isNothing(after)) || isEqual(before, after)) return [];
  if (isPlain(before) && isPlain(after)) return changesOfMembers(before ?? {}, after ?? {}, path);
  if (Array.isArray(before) && Array.isArray(after)) return changesOfLists(before, after, path);
  return [{ path, before, after }];
}

function isPlain(value: Json | undefined): value is JsonObject | undefined | null {
  return isNothing(value) || isObject(value);
}

function changesOfMembers(before: JsonObject, after: JsonObject, path: string[]): Change[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => changesOf(before[name], after[name], [...path, name]));
}

function changesOfLists(before: Json[], after: Json[], path: string[]): Change[] {
  const member = NAMES.find((name) => areNamed(before, name) && areNamed(after, name));
  if (!member) return [{ path, before, after }];
  const old = byName(before, member);
  const now = byName(after, member);
  const names = new Set([...Object.keys(old), ...Object.keys(now)]);
  const changes = [...names].flatMap((name): Change[] => {
    const at = [...path, name];
    const isInBoth = name in old && name in now;
    return isInBoth
      ? changesOf(old[name], now[name], at)
      : [{ path: at, before: old[name], after: now[name] }];
  });
  const kept = Object.keys(now).filter((name) => name in old);
  const former = Object.keys(old).filter((name) => name in now);
  if (isEqual(kept, former)) return changes;
  return [...changes, { path: [...path, ORDER], before: former, after: kept }];
}

/** Stands in a path for the order of a list, which no member can be called. */
export const ORDER = "\u0000order";

function areNamed(list: Json[], member: string): boolean {
  const names = list.map((each) => (isObject(each) ? each[member] : undefined));
  const texts = names.filter((name) => typeof name === "string" && name !== "");
  return texts.length === list.length && new Set(texts).size === list.length;
}

function byName(list: Json[], member: string): JsonObject {
  return Object.fromEntries(objectsOf(list).map((each) => [String(each[member]), each]));
}
