/** A graph as React Flow takes it. */
import { type Edge, type NodeHandle, Position } from "@xyflow/react";
import type { Messages } from "../i18n/en.ts";
import {
  edgeId,
  edgesFrom,
  type Graph,
  type GraphEdge,
  type GraphNode,
  OUT,
  TRIGGER,
} from "./definition.ts";
import { labelOf } from "./flow-labels.ts";
import { NODE_HEIGHT, NODE_WIDTH, type Positions, portX } from "./layout.ts";
import { portsOf } from "./node-types.ts";
import type { RunStates } from "./run-state.ts";
import type { StepNodeType } from "./step-node.tsx";
import type { GraphWords } from "./words.ts";

export interface Look {
  w: GraphWords;
  t: Messages;
  selected: readonly string[];
  states: RunStates | null;
  /** How many problems each node has. */
  problems: Readonly<Record<string, number>>;
}

export function flowNodes(graph: Graph, positions: Positions, look: Look): StepNodeType[] {
  const leaving = edgesFrom(graph);
  return [graph.trigger, ...graph.nodes].map((node) => {
    const edges = leaving.get(node.key) ?? [];
    const ports = drawnPorts(node, edges, positions);
    const used = edges.map((edge) => edge.port);
    const status = look.states?.nodes[node.key] ?? null;
    const problems = look.problems[node.key] ?? 0;
    return {
      id: node.key,
      type: "step",
      position: positions[node.key] ?? { x: 0, y: 0 },
      data: {
        node,
        ports,
        freePorts: ports.filter((one) => !used.includes(one)),
        status,
        problems,
      },
      width: NODE_WIDTH,
      height: NODE_HEIGHT,
      measured: { width: NODE_WIDTH, height: NODE_HEIGHT },
      handles: handlesOf(node.key, ports),
      selected: look.selected.includes(node.key),
      deletable: node.key !== TRIGGER,
      ariaRole: "button",
      ariaLabel: ariaLabelOf(node, look, status && look.t.status[status], problems),
      domAttributes: { "aria-roledescription": undefined, "data-step": node.key } as object,
    };
  });
}

function ariaLabelOf(
  node: GraphNode,
  { w }: Look,
  status: string | null | undefined,
  problems: number,
): string {
  const type = w.types[node.type] ?? node.type;
  // As it is drawn: the state stands where the type would, so what is seen comes first in this order.
  const parts = [labelOf(w, node), status, type, node.key === TRIGGER ? null : node.key];
  if (problems > 0) parts.push(w.problems(problems));
  return parts.filter(Boolean).join(", ");
}

/**
 * A port that an edge names is drawn even if the type has none such: the edge must begin somewhere. Those in use stand in the
 * order of what they lead to, so that edges do not cross at their very beginning.
 */
export function drawnPorts(node: GraphNode, edges: GraphEdge[], positions: Positions): string[] {
  const leftmost = new Map<string, number>();
  for (const { port, to } of edges) {
    leftmost.set(
      port,
      Math.min(leftmost.get(port) ?? Number.POSITIVE_INFINITY, positions[to]?.x ?? 0),
    );
  }
  const offered = [...new Set([...portsOf(node.type, node.config), ...leftmost.keys()])];
  const inUse = offered
    .filter((port) => leftmost.has(port))
    .sort((one, other) => (leftmost.get(one) ?? 0) - (leftmost.get(other) ?? 0));
  return offered.map((port) => (leftmost.has(port) ? (inUse.shift() ?? port) : port));
}

function handlesOf(key: string, ports: string[]): NodeHandle[] {
  const sources = ports.map((port, index) => ({
    id: port,
    type: "source" as const,
    position: Position.Bottom,
    x: portX(index, ports.length) - 5,
    y: NODE_HEIGHT - 5,
    width: 10,
    height: 10,
  }));
  if (key === TRIGGER) return sources;
  const target = { type: "target" as const, position: Position.Top, width: 10, height: 10 };
  return [{ ...target, id: null, x: NODE_WIDTH / 2 - 5, y: -5 }, ...sources];
}

export function flowEdges(graph: Graph, chosen: readonly string[], look: Look): Edge[] {
  const nodes = new Map([graph.trigger, ...graph.nodes].map((node) => [node.key, node]));
  const name = (key: string) => {
    const node = nodes.get(key);
    return node ? labelOf(look.w, node) : key;
  };
  return graph.edges.map((edge) => {
    const id = edgeId(edge);
    const state = look.states?.edges[id] ?? "open";
    const port = look.w.ports[edge.port] ?? edge.port;
    const words = look.w.edge(name(edge.from), port, name(edge.to));
    const said = look.w.edgeStates[state];
    return {
      id,
      source: edge.from,
      sourceHandle: edge.port,
      target: edge.to,
      type: "smoothstep",
      className: `edge-${state} ${edge.port === "error" || edge.port === "timeout" ? "edge-amiss" : ""}`,
      selected: chosen.includes(id),
      ariaLabel: said ? `${words}, ${said}` : words,
      domAttributes: { "aria-roledescription": undefined } as object,
      ...(edge.port === OUT ? {} : { label: port }),
    };
  });
}
