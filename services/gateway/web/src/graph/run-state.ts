/** What a run has done to a graph: the state of each node, and which edges were taken or will never be. */
import type { Json, Step, StepStatus } from "../api/types.ts";
import { edgeId, type Graph, type GraphEdge, isObject, OUT } from "./definition.ts";

export type EdgeState = "taken" | "dead" | "open";

export interface RunStates {
  nodes: Record<string, StepStatus>;
  edges: Record<string, EdgeState>;
}

const ENDED: ReadonlySet<StepStatus> = new Set(["Completed", "Failed", "Skipped", "Cancelled"]);

/** `ended`: nothing will happen any more, so what was not taken never will be. */
export function statesOf(graph: Graph, trace: readonly Step[], ended: boolean): RunStates {
  const last = new Map(trace.map((step) => [step.node, step]));
  const nodes = Object.fromEntries([...last].map(([key, step]) => [key, step.status]));
  const edges = Object.fromEntries(
    graph.edges.map((edge) => [edgeId(edge), stateOf(edge, last, ended)]),
  );
  return { nodes, edges };
}

function stateOf(edge: GraphEdge, last: Map<string, Step>, ended: boolean): EdgeState {
  const step = last.get(edge.from);
  if (!step || !ENDED.has(step.status)) return ended ? "dead" : "open";
  const target = last.get(edge.to);
  const followed = target !== undefined && target.status !== "Skipped";
  return portTaken(step) === edge.port && (followed || !ended) ? "taken" : "dead";
}

/** The port that a step ended by, as its type and outcome tell. */
function portTaken(step: Step): string | null {
  if (step.status === "Skipped" || step.status === "Cancelled") return null;
  if (step.status === "Failed") {
    return step.decision?.outcome === "timed_out" ? "timeout" : "error";
  }
  if (step.type === "condition") return String(member(step.output, "result"));
  if (step.type === "switch") return String(member(step.output, "matched_case") ?? "default");
  return OUT;
}

function member(value: Json | undefined, name: string): Json | undefined {
  return isObject(value) ? value[name] : undefined;
}
