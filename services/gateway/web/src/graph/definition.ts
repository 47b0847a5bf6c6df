/** A definition read as a graph. Tolerant: half-written definitions are drawn too, as far as they can be read. */
import type { Json, JsonObject } from "../api/types.ts";

export const TRIGGER = "trigger";
export const OUT = "out";

export interface GraphNode {
  key: string;
  type: string;
  /** As people see it; the key where none is written. */
  name: string;
  config: JsonObject;
  /** Its place in the definition's list, by which faults name it; -1 for the trigger. */
  index: number;
}

export interface GraphEdge {
  from: string;
  port: string;
  to: string;
}

export interface Graph {
  trigger: GraphNode;
  nodes: GraphNode[];
  edges: GraphEdge[];
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isEqual(one: Json | undefined, other: Json | undefined): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((each, at) => isEqual(each, other[at]));
  }
  if (!isObject(one) || !isObject(other)) return false;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isEqual(one[name], other[name]))
  );
}

export function objectsOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function text(value: Json | undefined): string {
  return value === null || value === undefined || typeof value === "object" ? "" : String(value);
}

export function readGraph(definition: JsonObject): Graph {
  const trigger = isObject(definition.trigger) ? definition.trigger : {};
  const listed = Array.isArray(definition.nodes) ? definition.nodes : [];
  const nodes = listed.flatMap((node, index) => readNode(node, index));
  const keys = new Set([TRIGGER, ...nodes.map((node) => node.key)]);
  return {
    trigger: {
      key: TRIGGER,
      type: text(trigger.type),
      name: "",
      config: isObject(trigger.config) ? trigger.config : {},
      index: -1,
    },
    nodes: nodes.filter((node, at) => nodes.findIndex((other) => other.key === node.key) === at),
    edges: unique(objectsOf(definition.edges).map(readEdge)).filter(
      (edge) => keys.has(edge.from) && keys.has(edge.to) && edge.from !== edge.to,
    ),
  };
}

function readNode(node: Json, index: number): GraphNode[] {
  if (!isObject(node) || text(node.key) === "") return [];
  const key = text(node.key);
  const config = isObject(node.config) ? node.config : {};
  return [{ key, type: text(node.type), name: text(node.name) || key, config, index }];
}

export function readEdge(edge: JsonObject): GraphEdge {
  return { from: text(edge.from), port: text(edge.port) || OUT, to: text(edge.to) };
}

export function edgeId(edge: GraphEdge): string {
  return JSON.stringify([edge.from, edge.port, edge.to]);
}

function unique(edges: GraphEdge[]): GraphEdge[] {
  return [...new Map(edges.map((edge) => [edgeId(edge), edge])).values()];
}

/** What comes before a node, nearest first. */
export function upstreamOf(graph: Graph, key: string): string[] {
  return reachable(key, neighbours(graph.edges, "to", "from"));
}

/** What comes after a node, nearest first. */
export function downstreamOf(graph: Graph, key: string): string[] {
  return reachable(key, neighbours(graph.edges, "from", "to"));
}

/** The edges that leave each node. */
export function edgesFrom(graph: Graph): Map<string, GraphEdge[]> {
  return grouped(graph.edges, (edge) => edge.from);
}

type End = "from" | "to";

function neighbours(edges: GraphEdge[], near: End, far: End): Map<string, string[]> {
  const found = [...grouped(edges, (edge) => edge[near])];
  return new Map(found.map(([key, some]) => [key, some.map((edge) => edge[far])]));
}

function grouped(edges: GraphEdge[], by: (edge: GraphEdge) => string): Map<string, GraphEdge[]> {
  const groups = new Map<string, GraphEdge[]>();
  for (const edge of edges) {
    const group = groups.get(by(edge));
    if (group) group.push(edge);
    else groups.set(by(edge), [edge]);
  }
  return groups;
}

function reachable(start: string, next: Map<string, string[]>): string[] {
  const found = new Set([start]);
  // A set that grows while it is gone through is gone through to its new end.
  for (const key of found) for (const one of next.get(key) ?? []) found.add(one);
  found.delete(start);
  return [...found];
}
