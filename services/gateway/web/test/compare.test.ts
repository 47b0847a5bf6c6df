/** Versions compared: in a workflow's own terms, and line by line. */
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../src/api/types.ts";
import { changesOf, compare, isSame, ORDER } from "../src/workflows/compare.ts";
import { compareLines, folded, type Line } from "../src/workflows/lines.ts";

const DEFINITION: JsonObject = {
  trigger: { type: "manual_trigger", config: {} },
  nodes: [
    {
      key: "ask",
      type: "manual_input",
      config: {
        prompt: "Please",
        fields: [
          { name: "amount", type: "number" },
          { name: "note", type: "text" },
        ],
      },
    },
    { key: "tell", type: "stop", config: {} },
  ],
  edges: [
    { from: "trigger", to: "ask" },
    { from: "ask", to: "tell" },
  ],
};

function version(part: JsonObject, name = "Refund") {
  return { name, description: "", definition: { ...DEFINITION, ...part } };
}

describe("comparison", () => {
  it("finds nothing between a version and itself, however it is written", () => {
    const written = {
      edges: [
        { to: "ask", from: "trigger", port: "out" },
        { from: "ask", to: "tell" },
      ],
      settings: {},
    };
    expect(isSame(compare(version({}), version(written)))).toBe(true);
  });

  it("says what a field was and is, by its name, wherever it stands in its list", () => {
    const [ask, tell] = DEFINITION.nodes as JsonObject[];
    const fields = [
      { name: "due", type: "date" },
      { name: "amount", type: "number", min: 1 },
      { name: "note", type: "text" },
    ];
    const config = { ...(ask?.config as JsonObject), fields };
    const found = compare(version({}), version({ nodes: [{ ...ask, config }, tell ?? {}] }));
    expect(found.nodes).toEqual([
      {
        kind: "changed",
        key: "ask",
        name: "ask",
        type: "manual_input",
        changes: [
          { path: ["config", "fields", "amount", "min"], before: undefined, after: 1 },
          {
            path: ["config", "fields", "due"],
            before: undefined,
            after: { name: "due", type: "date" },
          },
        ],
      },
    ]);
  });

  it("tells the order of a list apart from its entries", () => {
    const one = [{ name: "a" }, { name: "b" }];
    const other = [{ name: "b" }, { name: "a" }];
    expect(changesOf(one, other, ["fields"])).toEqual([
      { path: ["fields", ORDER], before: ["a", "b"], after: ["b", "a"] },
    ]);
  });

  it("tells steps and edges that came and went", () => {
    const [ask] = DEFINITION.nodes as JsonObject[];
    const mail = { key: "mail", type: "send_email", name: "Mail", config: { to: ["a@b.example"] } };
    const after = version(
      {
        nodes: [ask ?? {}, mail],
        edges: [
          { from: "trigger", to: "ask" },
          { from: "ask", to: "mail" },
        ],
        settings: { concurrency: 2 },
      },
      "Refunds",
    );
    const found = compare(version({}), after);
    expect(found.nodes.map(({ kind, key }) => `${kind} ${key}`)).toEqual([
      "removed tell",
      "added mail",
    ]);
    expect(found.nodes[1]?.changes).toEqual([
      { path: ["config", "to"], before: undefined, after: ["a@b.example"] },
    ]);
    expect(found.edgesAdded).toEqual([{ from: "ask", port: "out", to: "mail" }]);
    expect(found.edgesRemoved).toEqual([{ from: "ask", port: "out", to: "tell" }]);
    expect(found.about).toEqual([{ path: ["name"], before: "Refund", after: "Refunds" }]);
    expect(found.settings).toEqual([{ path: ["concurrency"], before: undefined, after: 2 }]);
  });
});

const shown = (lines: Line[]) =>
  lines.map(({ kind, text }) => `${{ same: " ", removed: "-", added: "+" }[kind]}${text}`);

describe("lines", () => {
  it("takes the shortest way", () => {
    expect(shown(compareLines("a\nb\nc\nd", "a\nc\nx\nd"))).toEqual([" a", "-b", " c", "+x", " d"]);
    expect(shown(compareLines("", "a"))).toEqual(["-", "+a"]);
    expect(shown(compareLines("a", "a"))).toEqual([" a"]);
  });

  it("leads from one text to the other, whatever they are", () => {
    // A small generator of its own, so that every run sees the same texts.
    let seed = 7;
    const next = (below: number) => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed % below;
    };
    for (let round = 0; round < 200; round++) {
      const [before, after] = [0, 1].map(() =>
        Array.from({ length: 1 + next(12) }, () => "abc"[next(3)]).join("\n"),
      ) as [string, string];
      const lines = compareLines(before, after);
      const without = (kind: Line["kind"]) =>
        lines.filter((line) => line.kind !== kind).map((line) => line.text);
      expect(without("added").join("\n")).toBe(before);
      expect(without("removed").join("\n")).toBe(after);
    }
  });

  it("gives up on texts that share next to nothing", () => {
    const before = Array.from({ length: 3_000 }, (_, index) => `a${index}`).join("\n");
    const after = Array.from({ length: 3_000 }, (_, index) => `b${index}`).join("\n");
    expect(compareLines(before, after)).toHaveLength(6_000);
  });

  it("counts what did not change", () => {
    const before = Array.from({ length: 30 }, (_, index) => `${index}`);
    const after = before.with(15, "changed");
    const blocks = folded(compareLines(before.join("\n"), after.join("\n")));
    expect(blocks.map((block) => (Array.isArray(block) ? block.length : -block.skipped))).toEqual([
      -12, 8, -11,
    ]);
  });
});
