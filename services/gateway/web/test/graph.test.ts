/** Graphs: how definitions are read, laid out, and coloured by a run. */
import { describe, expect, it } from "vitest";
import type { JsonObject, Step } from "../src/api/types.ts";
import { downstreamOf, edgeId, edgesFrom, readGraph, upstreamOf } from "../src/graph/definition.ts";
import { drawnPorts } from "../src/graph/flow-elements.ts";
import { layoutGraph } from "../src/graph/layout.ts";
import { membersOf, portsOf } from "../src/graph/node-types.ts";
import { statesOf } from "../src/graph/run-state.ts";

const BRANCHES: JsonObject = {
  trigger: { type: "manual_trigger" },
  nodes: [
    { key: "large", type: "condition", name: "Large?", config: { expression: "true" } },
    { key: "ask", type: "approval", config: { prompt: "?" } },
    { key: "pay", type: "transform", config: { paid: true } },
  ],
  edges: [
    { from: "trigger", to: "large" },
    { from: "large", port: true, to: "ask" },
    { from: "large", port: "false", to: "pay" },
    { from: "ask", to: "pay" },
  ],
};

function step(
  node: string,
  type: string,
  status: Step["status"],
  output: Step["output"] = null,
): Step {
  return {
    node,
    name: node,
    type,
    status,
    input: null,
    output,
    error: null,
    attempt: 1,
    started_at: "2026-11-24T09:00:00Z",
    finished_at: null,
    task_id: null,
    decision: null,
    children: null,
  };
}

describe("reading", () => {
  it("names nodes by their key where no name is written, and ports as texts", () => {
    const graph = readGraph(BRANCHES);
    expect(graph.nodes.map((node) => node.name)).toEqual(["Large?", "ask", "pay"]);
    expect(graph.edges[1]).toEqual({ from: "large", port: "true", to: "ask" });
  });

  it("draws what can be read of a half-written definition", () => {
    const graph = readGraph({
      nodes: [null, { type: "stop" }, { key: "a", type: "stop" }, { key: "a", type: "stop" }],
      edges: [{ from: "a", to: "gone" }, { from: "a", to: "a" }, "nonsense"],
    });
    expect(graph.nodes.map((node) => [node.key, node.index])).toEqual([["a", 2]]);
    expect(graph.edges).toEqual([]);
  });

  it("knows what comes before a node, nearest first", () => {
    expect(upstreamOf(readGraph(BRANCHES), "pay")).toEqual(["large", "ask", "trigger"]);
    expect(upstreamOf(readGraph(BRANCHES), "trigger")).toEqual([]);
    expect(downstreamOf(readGraph(BRANCHES), "ask")).toEqual(["pay"]);
  });
});

describe("types", () => {
  it("have the ports that their configuration gives them", () => {
    expect(portsOf("switch", { cases: ["a", 2, "a"] })).toEqual(["a", "2", "default"]);
    expect(portsOf("approval", {})).toEqual(["out"]);
    expect(portsOf("approval", { timeout: "2h" })).toEqual(["out", "timeout"]);
    expect(portsOf("stop", {})).toEqual([]);
  });

  it("have outputs whose members are known beforehand", () => {
    expect(membersOf("transform", { a: 1, b: 2 })).toEqual(["a", "b"]);
    expect(membersOf("manual_input", { fields: [{ name: "amount" }, {}] })).toEqual(["amount"]);
  });
});

describe("layout", () => {
  const graph = readGraph(BRANCHES);
  const positions = layoutGraph(graph);

  it("puts what comes later further down, and nothing on top of another", () => {
    const y = (key: string) => positions[key]?.y ?? Number.NaN;
    expect(y("trigger")).toBeLessThan(y("large"));
    expect(y("large")).toBeLessThan(y("ask"));
    expect(y("ask")).toBeLessThan(y("pay"));
  });

  it("orders ports as what they lead to stands, and keeps free ones", () => {
    const large = graph.nodes[0];
    if (!large) throw new Error("no node");
    const places = { ask: { x: 300, y: 0 }, pay: { x: 0, y: 0 } };
    expect(drawnPorts(large, edgesFrom(graph).get("large") ?? [], places)).toEqual([
      "false",
      "true",
    ]);
  });
});

describe("a run", () => {
  const graph = readGraph(BRANCHES);
  const [first, yes, no, last] = graph.edges.map(edgeId);
  const begun = [step("trigger", "manual_trigger", "Completed")];
  const decided = [...begun, step("large", "condition", "Completed", { result: true })];

  it("takes the edges of the port that a step ended by", () => {
    const { nodes, edges } = statesOf(
      graph,
      [...decided, step("ask", "approval", "Waiting")],
      false,
    );
    expect(nodes.ask).toBe("Waiting");
    expect([first, yes, no, last].map((id) => id && edges[id])).toEqual([
      "taken",
      "taken",
      "dead",
      "open",
    ]);
  });

  it("leaves nothing open once it has ended", () => {
    const trace = [...decided, step("ask", "approval", "Failed")];
    const { edges } = statesOf(graph, trace, true);
    expect(last && edges[last]).toBe("dead");
  });
});
