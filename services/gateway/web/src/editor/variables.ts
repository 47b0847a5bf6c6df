/** The variables that exist at a node: what comes before it, as far as it is known, with what the last run had there. */
import type { Json, JsonObject, RunDetail } from "../api/types.ts";
import { type Graph, isObject, upstreamOf } from "../graph/definition.ts";
import { membersOf } from "../graph/node-types.ts";

export interface Variable {
  /** The node that it is of. */
  node: string;
  path: string;
  /** From the last run; undefined when it had none. */
  value: Json | undefined;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const DEPTH_MAX = 3;
const MEMBERS_MAX = 60;

/** What each node put out in a run. */
export function outputsOf(run: Pick<RunDetail, "trace"> | null | undefined): JsonObject {
  const outputs: JsonObject = {};
  for (const step of run?.trace ?? []) {
    if (step.output !== null && step.output !== undefined) outputs[step.node] = step.output;
  }
  return outputs;
}

export function variablesAt(graph: Graph, key: string, outputs: JsonObject): Variable[] {
  const nodes = new Map([graph.trigger, ...graph.nodes].map((node) => [node.key, node]));
  return upstreamOf(graph, key).flatMap((before) => {
    const node = nodes.get(before);
    if (!node) return [];
    const sample = isObject(node.config.sample_input) ? node.config.sample_input : undefined;
    const value = outputs[before] ?? sample;
    const root = `${before}.output`;
    const known = membersOf(node.type, node.config).map((name) => `${root}.${name}`);
    const seen = pathsIn(value, root, DEPTH_MAX).slice(0, MEMBERS_MAX);
    const paths = [...new Set([root, ...known, ...seen])];
    return paths.map((path) => ({ node: before, path, value: valueAt(value, root, path) }));
  });
}

function pathsIn(value: Json | undefined, path: string, depth: number): string[] {
  if (!isObject(value) || depth === 0) return [];
  return Object.entries(value).flatMap(([name, item]) =>
    NAME.test(name) ? [`${path}.${name}`, ...pathsIn(item, `${path}.${name}`, depth - 1)] : [],
  );
}

function valueAt(value: Json | undefined, root: string, path: string): Json | undefined {
  const names = path.slice(root.length).split(".").filter(Boolean);
  return names.reduce<Json | undefined>((at, name) => (isObject(at) ? at[name] : undefined), value);
}
