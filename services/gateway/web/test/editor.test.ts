/** The editor's rules: changes of definitions, forms made of the schema, free values, variables, the outline, undo. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../src/api/types.ts";
import {
  addNode,
  connect,
  copyNodes,
  isFreeKey,
  pasteNodes,
  removeNodes,
  renameKey,
  setMember,
  setRunsAfter,
} from "../src/editor/edits.ts";
import { withoutKind } from "../src/editor/help.tsx";
import { HELPS_IT } from "../src/editor/helps-it.ts";
import { emptyHistory, record, redo, STEPS_MAX, undo } from "../src/editor/history.ts";
import { outlineRows } from "../src/editor/outline-rows.ts";
import { readSchema, translated } from "../src/editor/schema.ts";
import { parseFree, showFree } from "../src/editor/values.ts";
import { variablesAt } from "../src/editor/variables.ts";
import { readGraph } from "../src/graph/definition.ts";

const CHAIN: JsonObject = {
  trigger: { type: "manual_trigger", config: {} },
  nodes: [
    { key: "ask", type: "approval", config: { prompt: "?" } },
    {
      key: "tell",
      type: "transform",
      config: { by: "{{ ask.output.decided_by }}, my.ask.output" },
    },
  ],
  edges: [
    { from: "trigger", to: "ask" },
    { from: "ask", to: "tell" },
  ],
  settings: { concurrency: 2 },
};

describe("changes", () => {
  it("put a new node between a node and what followed it", () => {
    const { definition, keys } = addNode(CHAIN, { type: "delay", name: "Wait", config: {} }, "ask");
    expect(keys).toEqual(["delay"]);
    expect(definition.edges).toEqual([
      { from: "trigger", to: "ask" },
      { from: "delay", to: "tell" },
      { from: "ask", to: "delay" },
    ]);
    expect(definition.settings).toEqual({ concurrency: 2 });
  });

  it("use the free branch of a condition, and never the way of an error", () => {
    const branch = { type: "condition", name: "If", config: {} };
    const once = addNode(CHAIN, branch, "tell").definition;
    const stop = { type: "stop", name: "Stop", config: {} };
    const twice = addNode(
      addNode(once, stop, "condition").definition,
      stop,
      "condition",
    ).definition;
    expect(twice.edges).toContainEqual({ from: "condition", port: "true", to: "stop" });
    expect(twice.edges).toContainEqual({ from: "condition", port: "false", to: "stop_2" });
  });

  it("close the gap where a node is taken out, and leave the trigger", () => {
    expect(removeNodes(CHAIN, ["ask", "trigger"]).edges).toEqual([{ from: "trigger", to: "tell" }]);
  });

  it("rename a key in edges and in variables, and only there", () => {
    const definition = renameKey(CHAIN, "ask", "boss");
    expect(definition.edges).toContainEqual({ from: "boss", to: "tell" });
    expect(JSON.stringify(definition.nodes)).toContain(
      "{{ boss.output.decided_by }}, my.ask.output",
    );
    expect(isFreeKey(CHAIN, "tell")).toBe(false);
    expect(isFreeKey(CHAIN, "No good")).toBe(false);
  });

  it("refuse an edge that closes a circle", () => {
    expect(connect(CHAIN, { from: "tell", port: "out", to: "ask" })).toBeNull();
    expect(connect(CHAIN, { from: "trigger", port: "out", to: "tell" })?.edges).toHaveLength(3);
  });

  it("set what a node runs after, and members of it", () => {
    const definition = setRunsAfter(CHAIN, "tell", [{ from: "trigger", port: "out" }]);
    expect(definition.edges).toEqual([
      { from: "trigger", to: "ask" },
      { from: "trigger", to: "tell" },
    ]);
    expect(setMember(CHAIN, "ask", "config", undefined).nodes).toContainEqual({
      key: "ask",
      type: "approval",
    });
  });

  it("paste copies under keys of their own, with their variables", () => {
    const { definition, keys } = pasteNodes(CHAIN, copyNodes(CHAIN, ["ask", "tell"]), "tell");
    expect(keys).toEqual(["ask_2", "tell_2"]);
    expect(JSON.stringify(definition.nodes)).toContain("{{ ask_2.output.decided_by }}");
    expect(definition.edges).toContainEqual({ from: "ask_2", to: "tell_2" });
    expect(definition.edges).toContainEqual({ from: "tell", to: "ask_2" });
  });
});

describe("the schema", () => {
  const path = new URL("../../../../docs/workflow.schema.json", import.meta.url);
  const schema = readSchema(JSON.parse(readFileSync(path, "utf8")));
  const controls = (type: string) =>
    Object.fromEntries(
      [...schema.nodes, ...schema.triggers]
        .find((one) => one.type === type)
        ?.fields.map((field) => [field.name, field.control]) ?? [],
    );

  it("becomes a control for each member of each type", () => {
    expect(controls("approval")).toEqual({
      prompt: "prose",
      title: "text",
      assignees: "texts",
      due: "text",
      timeout: "text",
    });
    expect(controls("manual_input").fields).toBe("form");
    expect(controls("http_request")).toMatchObject({
      method: "choice",
      headers: "map",
      body: "free",
      auth: "object",
      timeout: "number",
      error_statuses: "values",
    });
    expect(controls("send_email")).toMatchObject({ to: "some", subject: "text", body: "prose" });
    expect(controls("condition").expression).toBe("expression");
    expect(controls("for_each").collect).toBe("boolean");
    expect(controls("schedule_trigger").after_downtime).toBe("choice");
  });

  it("describes the fields of a form, and the parts of an object", () => {
    const members = (type: string, name: string) =>
      schema.nodes
        .find((one) => one.type === type)
        ?.fields.find((field) => field.name === name)
        ?.members.map((member) => [member.name, member.control]);
    expect(members("manual_input", "fields")).toContainEqual(["type", "choice"]);
    expect(members("manual_input", "fields")).toContainEqual(["max_length", "number"]);
    expect(members("http_request", "auth")).toEqual([
      ["basic", "object"],
      ["bearer", "text"],
    ]);
  });

  it("says what each is for, and which types are open", () => {
    const transform = schema.nodes.find((one) => one.type === "transform");
    expect(transform?.open).toBe(true);
    expect(schema.nodes.every((one) => one.help !== "")).toBe(true);
    expect(schema.nodes.flatMap((one) => one.fields).every((field) => field.help !== "")).toBe(
      true,
    );
  });

  it("is translated whole, and nothing is translated that is not there", () => {
    const names: string[] = [];
    const noting = new Proxy(HELPS_IT, {
      get: (helps, name) => {
        names.push(String(name));
        return helps[String(name)];
      },
    });
    translated(schema, noting);
    const unnamed = names.filter((name) => !name.startsWith("http_request.auth."));
    expect([...new Set(unnamed)].sort()).toEqual(Object.keys(HELPS_IT).sort());
  });
});

describe("help", () => {
  it("leaves out the type that the control shows", () => {
    expect(withoutKind("text, required: the question")).toBe("The question");
    expect(withoutKind("a duration (`3d`) or an instant: a wish")).toBe(
      "A duration (`3d`) or an instant: a wish",
    );
  });
});

describe("free values", () => {
  it("are shown as a text that becomes the same value again", () => {
    for (const value of [
      "plain",
      "{{ a.output }}",
      "5",
      5,
      true,
      "true",
      null,
      [1],
      { a: "b" },
      "{",
      '"',
    ]) {
      expect(parseFree(showFree(value))).toEqual(value);
    }
  });

  it("are nothing while JSON is half typed", () => {
    expect(parseFree('{"a": ')).toBeUndefined();
    expect(parseFree("{{ a }")).toBe("{{ a }");
  });
});

describe("variables", () => {
  it("are those of what comes before, with the members that are known and those that a run had", () => {
    const found = variablesAt(readGraph(CHAIN), "tell", {
      trigger: { order: { id: 7 }, "no name": 1 },
    });
    const paths = found.map((one) => one.path);
    expect(paths).toContain("ask.output.approved");
    expect(found.find((one) => one.path === "trigger.output.order.id")?.value).toBe(7);
    expect(paths.some((path) => path.includes("no name") || path.startsWith("tell"))).toBe(false);
  });
});

describe("the outline", () => {
  it("has every node once, after what it follows, and branches further in", () => {
    const graph = readGraph({
      trigger: { type: "manual_trigger" },
      nodes: ["join", "if", "yes", "no", "lost"].map((key) => ({
        key,
        type: key === "if" ? "condition" : "transform",
      })),
      edges: [
        { from: "trigger", to: "if" },
        { from: "if", port: "true", to: "yes" },
        { from: "if", port: "false", to: "no" },
        { from: "yes", to: "join" },
        { from: "no", to: "join" },
      ],
    });
    expect(outlineRows(graph).map((row) => [row.node.key, row.depth])).toEqual([
      ["trigger", 0],
      ["if", 0],
      ["yes", 1],
      ["no", 1],
      ["join", 0],
      ["lost", 0],
    ]);
  });
});

describe("undo", () => {
  it("goes back and forth, and forgets what was undone once something else is done", () => {
    let history = record(emptyHistory<string>(), "a", "", 0);
    const back = undo(history, "b");
    expect(back?.[1]).toBe("a");
    expect(back && redo(back[0], "a")?.[1]).toBe("b");
    history = record(back?.[0] ?? history, "a", "", 0);
    expect(redo(history, "c")).toBeNull();
  });

  it("takes typing in one field as one change, and keeps a hundred", () => {
    let history = record(emptyHistory<number>(), 0, "name", 0);
    history = record(history, 1, "name", 100);
    expect(history.past).toEqual([0]);
    for (let step = 0; step < 2 * STEPS_MAX; step += 1) history = record(history, step, "", 0);
    expect(history.past).toHaveLength(STEPS_MAX);
  });
});
