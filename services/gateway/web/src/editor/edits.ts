/**
 * Changes of a definition: each takes one and gives another. What they do not touch stays as it was written, read or not.
 */
import type { Json, JsonObject } from "../api/types.ts";
import {
  edgeId,
  type GraphEdge,
  isObject,
  OUT,
  readEdge,
  readGraph,
  TRIGGER,
  upstreamOf,
} from "../graph/definition.ts";
import { portsOf } from "../graph/node-types.ts";

export interface Added {
  definition: JsonObject;
  /** The new nodes. */
  keys: string[];
}

export interface Fragment {
  nodes: JsonObject[];
  edges: GraphEdge[];
}

const KEY = /^[a-z][a-z0-9_]{0,63}$/;
const AMISS = new Set(["error", "timeout"]);

function nodesOf(definition: JsonObject): Json[] {
  return Array.isArray(definition.nodes) ? definition.nodes : [];
}

function edgesOf(definition: JsonObject): GraphEdge[] {
  const edges = Array.isArray(definition.edges) ? definition.edges : [];
  return edges.filter(isObject).map(readEdge);
}

/** The shortest way to write an edge: `out` needs no saying. */
function written({ from, port, to }: GraphEdge): JsonObject {
  return port === OUT ? { from, to } : { from, port, to };
}

function withEdges(definition: JsonObject, edges: GraphEdge[]): JsonObject {
  const unique = new Map(edges.map((edge) => [edgeId(edge), written(edge)]));
  return { ...definition, edges: [...unique.values()] };
}

function isKeyed(node: Json, key: string): node is JsonObject {
  return isObject(node) && node.key === key;
}

function keysOf(definition: JsonObject): Set<string> {
  const keys = nodesOf(definition).flatMap((node) =>
    isObject(node) && typeof node.key === "string" ? [node.key] : [],
  );
  return new Set([TRIGGER, ...keys]);
}

/** `name`, or `name_2` and so on when that is taken. */
export function freeKey(taken: ReadonlySet<string>, name: string): string {
  const stem = name.replace(/_\d+$/, "").slice(0, 58);
  if (!taken.has(name)) return name;
  let number = 2;
  while (taken.has(`${stem}_${number}`)) number += 1;
  return `${stem}_${number}`;
}

/** The port by which a new node follows: a free one if there is one, but never that of an error. */
export function portFor(definition: JsonObject, key: string): string | null {
  const graph = readGraph(definition);
  const node = [graph.trigger, ...graph.nodes].find((one) => one.key === key);
  if (!node) return null;
  const ports = portsOf(node.type, node.config).filter((port) => !AMISS.has(port));
  const used = new Set(graph.edges.filter((edge) => edge.from === key).map((edge) => edge.port));
  return ports.find((port) => !used.has(port)) ?? ports[0] ?? null;
}

/** Puts a new node behind another, before what followed there. */
export function addNode(
  definition: JsonObject,
  node: { type: string; name: string; config: JsonObject },
  after: string,
  wantedPort?: string,
): Added {
  const key = freeKey(keysOf(definition), KEY.test(node.type) ? node.type : "step");
  const placed = { key, type: node.type, name: node.name, config: node.config };
  const grown = { ...definition, nodes: [...nodesOf(definition), placed] };
  const port = wantedPort ?? portFor(definition, after);
  if (port === null) return { definition: grown, keys: [key] };
  const link = { from: after, port, to: key };
  const [onward] = portsOf(node.type, node.config);
  const edges = edgesOf(definition).map((edge) =>
    onward !== undefined && edge.from === after && edge.port === port
      ? { from: key, port: onward, to: edge.to }
      : edge,
  );
  return { definition: withEdges(grown, [...edges, link]), keys: [key] };
}

/** Takes nodes out; where one led on by a single way, what came before it now leads there. */
export function removeNodes(definition: JsonObject, keys: readonly string[]): JsonObject {
  return keys.filter((key) => key !== TRIGGER).reduce(removeNode, definition);
}

function removeNode(definition: JsonObject, key: string): JsonObject {
  const edges = edgesOf(definition);
  const targets = new Set(
    edges.filter((edge) => edge.from === key && !AMISS.has(edge.port)).map((edge) => edge.to),
  );
  const [target] = targets;
  const bridges =
    targets.size === 1 && target !== undefined
      ? edges.filter((edge) => edge.to === key).map((edge) => ({ ...edge, to: target }))
      : [];
  const kept = edges.filter((edge) => edge.from !== key && edge.to !== key);
  const nodes = nodesOf(definition).filter((node) => !isKeyed(node, key));
  return withEdges({ ...definition, nodes }, [...kept, ...bridges]);
}

export function removeEdges(definition: JsonObject, ids: readonly string[]): JsonObject {
  return withEdges(
    definition,
    edgesOf(definition).filter((edge) => !ids.includes(edgeId(edge))),
  );
}

/** Null when the edge would lead back to where it comes from. */
export function connect(definition: JsonObject, edge: GraphEdge): JsonObject | null {
  if (edge.to === TRIGGER || edge.from === edge.to) return null;
  if (upstreamOf(readGraph(definition), edge.from).includes(edge.to)) return null;
  return withEdges(definition, [...edgesOf(definition), edge]);
}

export type Source = Omit<GraphEdge, "to">;

/** All that a node follows, and nothing else. */
export function setRunsAfter(definition: JsonObject, key: string, sources: Source[]): JsonObject {
  const others = edgesOf(definition).filter((edge) => edge.to !== key);
  return withEdges(definition, [...others, ...sources.map((source) => ({ ...source, to: key }))]);
}

/** Sets a member of a node, or of the trigger; `undefined` removes it. */
export function setMember(
  definition: JsonObject,
  key: string,
  name: string,
  value: Json | undefined,
): JsonObject {
  if (key === TRIGGER) {
    const trigger = isObject(definition.trigger) ? definition.trigger : {};
    return { ...definition, trigger: withMember(trigger, name, value) };
  }
  const nodes = nodesOf(definition).map((node) =>
    isKeyed(node, key) ? withMember(node, name, value) : node,
  );
  return { ...definition, nodes };
}

export function withMember(object: JsonObject, name: string, value: Json | undefined): JsonObject {
  const { [name]: _before, ...others } = object;
  if (value === undefined) return others;
  return { ...object, [name]: value };
}

export function isFreeKey(definition: JsonObject, key: string): boolean {
  return KEY.test(key) && !keysOf(definition).has(key);
}

/** Gives a node another key, wherever it is named: in edges, and as a variable. */
export function renameKey(definition: JsonObject, key: string, next: string): JsonObject {
  const nodes = nodesOf(definition).map((node) => {
    const named: Json = isKeyed(node, key) ? { ...node, key: next } : node;
    return isObject(named) && named.config !== undefined
      ? { ...named, config: renamed(named.config, key, next) }
      : named;
  });
  const edges = edgesOf(definition).map((edge) => ({
    ...edge,
    from: edge.from === key ? next : edge.from,
    to: edge.to === key ? next : edge.to,
  }));
  return withEdges({ ...definition, nodes }, edges);
}

function renamed(value: Json, key: string, next: string): Json {
  if (typeof value === "string") {
    const variable = new RegExp(`(?<![\\w.])${key}(?=\\.(?:output|error)\\b)`, "g");
    return value.replace(variable, next);
  }
  if (Array.isArray(value)) return value.map((item) => renamed(item, key, next));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, renamed(item, key, next)]),
  );
}

export function copyNodes(definition: JsonObject, keys: readonly string[]): Fragment {
  const wanted = keys.filter((key) => key !== TRIGGER);
  return {
    nodes: nodesOf(definition)
      .filter(isObject)
      .filter((node) => wanted.includes(String(node.key))),
    edges: edgesOf(definition).filter(
      (edge) => wanted.includes(edge.from) && wanted.includes(edge.to),
    ),
  };
}

/** Adds copies under keys of their own; those that begin the fragment follow `after`, beside what follows it already. */
export function pasteNodes(definition: JsonObject, fragment: Fragment, after: string): Added {
  const taken = keysOf(definition);
  let copies: JsonObject = { nodes: fragment.nodes, edges: fragment.edges.map(written) };
  const keys: string[] = [];
  for (const node of fragment.nodes) {
    const key = String(node.key);
    const next = freeKey(
      new Set([...taken, ...keysOf(copies)].filter((one) => one !== key || taken.has(key))),
      key,
    );
    if (next !== key) copies = renameKey(copies, key, next);
    keys.push(next);
    taken.add(next);
  }
  const inner = edgesOf(copies);
  const port = portFor(definition, after);
  const starts = keys.filter((key) => !inner.some((edge) => edge.to === key));
  const links = port === null ? [] : starts.map((to) => ({ from: after, port, to }));
  const nodes = [...nodesOf(definition), ...nodesOf(copies)];
  const edges = [...edgesOf(definition), ...inner, ...links];
  return { definition: withEdges({ ...definition, nodes }, edges), keys };
}
