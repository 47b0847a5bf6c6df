/** Where each node stands: computed from the edges, top to bottom, never stored. */
import { Graph as Dagre, layout } from "@dagrejs/dagre";
import { type Graph, TRIGGER } from "./definition.ts";
import { portsOf } from "./node-types.ts";

export const NODE_WIDTH = 212;
export const NODE_HEIGHT = 60;
/** Room for the label of a port on an edge. */
const RANK_GAP = 64;
const NODE_GAP = 36;

export interface Point {
  x: number;
  y: number;
}

export type Positions = Record<string, Point>;

/** The edges in the order in which ports are drawn: then branches stand in that order too. */
export function layoutEdges(graph: Graph): [string, string][] {
  const nodes = new Map([graph.trigger, ...graph.nodes].map((node) => [node.key, node]));
  const place = (key: string, port: string) => {
    const node = nodes.get(key);
    return node ? portsOf(node.type, node.config).indexOf(port) : 0;
  };
  return [...graph.edges]
    .sort((one, other) => place(one.from, one.port) - place(other.from, other.port))
    .map((edge) => [edge.from, edge.to]);
}

export function layoutGraph(graph: Graph): Positions {
  const plan = new Dagre();
  plan.setGraph({ rankdir: "TB", ranksep: RANK_GAP, nodesep: NODE_GAP, marginx: 8, marginy: 8 });
  plan.setDefaultEdgeLabel(() => ({}));
  for (const key of [TRIGGER, ...graph.nodes.map((node) => node.key)]) {
    plan.setNode(key, { width: NODE_WIDTH, height: NODE_HEIGHT });
  }
  for (const [from, to] of layoutEdges(graph)) plan.setEdge(from, to);
  layout(plan);
  return Object.fromEntries(
    plan.nodes().map((key) => {
      const { x = 0, y = 0 } = plan.node(key) as Partial<Point>;
      return [key, { x: x - NODE_WIDTH / 2, y: y - NODE_HEIGHT / 2 }];
    }),
  );
}

/** Where a port's handle sits at the lower edge of a node. */
export function portX(index: number, count: number): number {
  return ((index + 1) / (count + 1)) * NODE_WIDTH;
}
