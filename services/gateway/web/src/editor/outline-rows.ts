/** A graph as an indented list: every node once, after all that it follows, branches one step further in. */
import { type Graph, type GraphNode, OUT, TRIGGER } from "../graph/definition.ts";
import { portsOf } from "../graph/node-types.ts";

export interface OutlineRow {
  node: GraphNode;
  depth: number;
  after: { from: string; port: string }[];
}

const DEPTH_MAX = 6;

export function outlineRows(graph: Graph): OutlineRow[] {
  const nodes = new Map([graph.trigger, ...graph.nodes].map((node) => [node.key, node]));
  const waiting = new Map([...nodes.keys()].map((key) => [key, incoming(graph, key).length]));
  const depths = new Map<string, number>();
  const rows: OutlineRow[] = [];
  const stack = [TRIGGER];
  for (let key = stack.pop(); key !== undefined; key = stack.pop()) {
    const node = nodes.get(key);
    if (!node) continue;
    depths.set(key, depthOf(graph, key, depths));
    rows.push({
      node,
      depth: Math.min(depths.get(key) ?? 0, DEPTH_MAX),
      after: incoming(graph, key),
    });
    for (const { to } of outgoing(graph, node).reverse()) {
      const left = (waiting.get(to) ?? 1) - 1;
      waiting.set(to, left);
      if (left === 0) stack.push(to);
    }
  }
  const placed = new Set(rows.map((row) => row.node.key));
  const astray = graph.nodes.filter((node) => !placed.has(node.key));
  return [...rows, ...astray.map((node) => ({ node, depth: 0, after: incoming(graph, node.key) }))];
}

function incoming(graph: Graph, key: string) {
  return graph.edges.filter((edge) => edge.to === key).map(({ from, port }) => ({ from, port }));
}

function outgoing(graph: Graph, node: GraphNode) {
  const ports = portsOf(node.type, node.config);
  return graph.edges
    .filter((edge) => edge.from === node.key)
    .sort((one, other) => ports.indexOf(one.port) - ports.indexOf(other.port));
}

/** Where branches meet again, the list steps back out. */
function depthOf(graph: Graph, key: string, depths: Map<string, number>): number {
  const before = incoming(graph, key).map(({ from, port }) => {
    const siblings = graph.edges.filter((edge) => edge.from === from);
    return (depths.get(from) ?? 0) + (siblings.length > 1 || port !== OUT ? 1 : 0);
  });
  if (before.length === 0) return 0;
  return Math.max(0, Math.min(...before) - (before.length > 1 ? 1 : 0));
}
