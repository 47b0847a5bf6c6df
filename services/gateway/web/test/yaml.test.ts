import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../src/api/types.ts";
import { addNode, removeNodes, renameKey, setMember } from "../src/editor/edits.ts";
import { rewriteYaml } from "../src/editor/yaml-edits.ts";
import { readTree } from "../src/editor/yaml-tree.ts";
import { isBranch, writeFlow, writeMember } from "../src/editor/yaml-words.ts";
import { isObject } from "../src/graph/definition.ts";

const TEXT = `# Asks, then tells.

# How it begins.
trigger:
  type: manual_trigger
  config: {} # nothing yet
# All steps:
nodes:
  # Fetches it.
  - key: fetch # the first
    # What it is.
    type: transform
    config:
      text: 'It''s "fine"'
      # still of fetch
  # Free-standing.

  # Asks Dana.
  - key: ask
    name: "Ask"
    type: approval
    config: # its settings
      prompt: |  # Markdown
        Please **check**.

      # who
      assignees: [dana, "li"] # both
  # of nothing in particular
edges:
  - from: trigger
    to: fetch
  # the usual way
  - {from: fetch, to: ask}
# The end.
`;

function read(text: string): JsonObject {
  return readTree(text)?.value as JsonObject;
}

function rewritten(text: string, change: (definition: JsonObject) => JsonObject): string {
  const before = read(text);
  const written = rewriteYaml(text, before, change(before));
  if (written === null) throw new Error("It could not be written.");
  expect(read(written)).toEqual(change(before));
  return written;
}

const config = (definition: JsonObject, index: number) =>
  ((definition.nodes as JsonObject[])[index] as JsonObject).config as JsonObject;

describe("a definition written back into its YAML", () => {
  it("changes one value and nothing else", () => {
    const text = rewritten(TEXT, (old) =>
      setMember(old, "ask", "config", { ...config(old, 1), prompt: "Please look.\nTwice.\n" }),
    );
    expect(text).toBe(
      TEXT.replace(
        "|  # Markdown\n        Please **check**.",
        "| # Markdown\n        Please look.\n        Twice.",
      ),
    );
  });
  it("keeps quotes as they are", () => {
    const text = rewritten(TEXT, (old) => setMember(old, "ask", "name", "Ask her"));
    expect(text).toBe(TEXT.replace('name: "Ask"', 'name: "Ask her"'));
    const single = rewritten(TEXT, (old) => setMember(old, "fetch", "config", { text: "It's" }));
    expect(single).toBe(TEXT.replace(`'It''s "fine"'`, "'It''s'"));
  });
  it("takes the comments of a removed step along, and only those", () => {
    const first = rewritten(TEXT, (old) => removeNodes(old, ["fetch"]));
    for (const gone of ["Fetches it", "the first", "What it is", "still of fetch"])
      expect(first).not.toContain(gone);
    for (const kept of ["Free-standing", "Asks Dana", "All steps", "its settings", "The end"])
      expect(first).toContain(kept);
    const second = rewritten(TEXT, (old) => removeNodes(old, ["ask"]));
    for (const gone of ["Asks Dana", "its settings", "# Markdown", "# who", "# both"])
      expect(second).not.toContain(gone);
    for (const kept of [
      "Fetches it",
      "still of fetch",
      "Free-standing",
      "in particular",
      "The end",
    ])
      expect(second).toContain(kept);
  });
  it("puts new steps where they belong, in the manner of the text", () => {
    const stop = { type: "stop", name: "Stop: now", config: { a: {}, b: ["x", { y: 1 }] } };
    const grown = rewritten(TEXT, (old) => addNode(old, stop, "ask").definition);
    const step = `  - key: stop
    type: stop
    name: "Stop: now"
    config:
      a: {}
      b:
        - x
        - "y": 1
`;
    const free = "  # of nothing in particular\n";
    const link = "  - from: ask\n    to: stop\n";
    expect(grown).toBe(TEXT.replace(free, step + free).replace("# The end.", `${link}# The end.`));
    const plain = "nodes:\n- key: a\n\n- key: b\nedges: []\n";
    expect(
      rewritten(plain, (old) => ({ ...old, nodes: [{ key: "a" }, { key: "b" }, { key: "c" }] })),
    ).toBe("nodes:\n- key: a\n\n- key: b\n\n- key: c\nedges: []\n");
  });
  it("fills what was empty and empties what was full, with the comment of the line", () => {
    const filled = rewritten(TEXT, (old) =>
      setMember(old, "trigger", "config", { sample: { a: 1 } }),
    );
    const [empty, full] = [
      "  config: {} # nothing yet\n",
      "  config: # nothing yet\n    sample:\n      a: 1\n",
    ];
    expect(filled).toBe(TEXT.replace(empty, full));
    expect(rewritten(filled, (old) => setMember(old, "trigger", "config", {}))).toBe(TEXT);
  });
  it("renames a key where it stands, also between brackets", () => {
    const text = rewritten(TEXT, (old) => renameKey(old, "fetch", "get_it"));
    expect(text).toBe(
      TEXT.replace("key: fetch", "key: get_it")
        .replace("to: fetch", "to: get_it")
        .replace("{from: fetch,", "{from: get_it,"),
    );
  });
  it("follows the order of what is moved or renamed", () => {
    const text =
      "a:\n  # x\n  x: 1 # one\n  # y\n  y: 2\nb:\n  - # 1\n    one: 1\n  # 2\n  - two: 2\n";
    expect(rewritten(text, ({ b }) => ({ a: { z: 1, y: 2 }, b: b ?? null }))).toContain(
      "a:\n  # x\n  z: 1 # one\n  # y\n  y: 2\nb:",
    );
    expect(rewritten(text, ({ a }) => ({ a: a ?? null, b: [{ two: 2 }, { one: 1 }] }))).toContain(
      "b:\n  # 2\n  - two: 2\n  - # 1\n    one: 1\n",
    );
  });
  it("leaves alone what it does not know", () => {
    const of = (text: string, before: JsonObject) => rewriteYaml(text, before, { a: 2 });
    for (const text of [
      "a: &x 1",
      "a: !!int 1",
      "a: 1\n---\na: 1",
      "? a\n: 1",
      '{"a": 1}',
      "a: [1",
    ])
      expect(of(text, { a: 1 })).toBeNull();
    expect(of("a: 1", { a: 3 })).toBeNull();
    expect(of("a: 1", { a: 1 })).toBe("a: 2\n");
  });
});

/** Numbers that look like chance and are the same each time. */
function chance(seed: number) {
  let state = seed;
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const TEXTS = [
  "a",
  "",
  "yes",
  "null",
  "5",
  "x: y",
  "# x",
  "- a",
  "two\nlines",
  "last\n",
  " in",
  "'",
  '"',
  "\u0085",
];

function someValue(pick: (below: number) => number, depth: number): Json {
  const kind = pick(depth > 0 ? 5 : 3);
  if (kind === 0) return [null, true, false, 0, -1.5, 1e21][pick(6)] ?? null;
  if (kind < 3) return TEXTS[pick(TEXTS.length)] ?? "";
  if (kind === 3) return Array.from({ length: pick(4) }, () => someValue(pick, depth - 1));
  return someObject(pick, depth);
}

function someObject(pick: (below: number) => number, depth: number): JsonObject {
  const names = ["key", "name", "b", "on", "10", "9"].filter(() => pick(2) === 0);
  return Object.fromEntries(names.map((name) => [name, someValue(pick, depth - 1)]));
}

/** Somewhere within, something else. */
function mutated(value: Json, pick: (below: number) => number): Json {
  if (!isBranch(value) || pick(4) === 0) return someValue(pick, 2);
  if (isObject(value)) {
    const members = Object.entries(value);
    const at = pick(members.length);
    const way = pick(6);
    if (way === 0) members.splice(at, 1);
    else if (way === 1) members.splice(at, 0, ["new", someValue(pick, 1)]);
    else members[at] = [members[at]?.[0] ?? "", mutated(members[at]?.[1] ?? null, pick)];
    return Object.fromEntries(members);
  }
  const items = [...(value as Json[])];
  const at = pick(items.length);
  const way = pick(6);
  if (way === 0) items.splice(at, 1);
  else if (way === 1) items.splice(at, 0, someValue(pick, 1));
  else if (way === 2) items.reverse();
  else items[at] = mutated(items[at] ?? null, pick);
  return items;
}

/** With a comment above each entry that has lines of its own, named by where it is; some of it between brackets. */
function commented(value: JsonObject, pick: (below: number) => number): string {
  const lines = (part: Json, column: number, path: string, listIndent: number): string[] =>
    (Array.isArray(part)
      ? part.map((item, at) => [`${at}`, item] as const)
      : Object.entries(part as JsonObject)
    ).flatMap(([name, inner]) => {
      const at = `${path}/${name}`;
      const pad = " ".repeat(column);
      const above = pick(3) > 0 ? [`${pad}# ${at}.`] : [];
      const blank = pick(6) === 0 ? [""] : [];
      const head = Array.isArray(part) ? `${pad}-` : `${pad}${writeFlow(name)}:`;
      if (!isBranch(inner)) {
        const [own = "", ...below] = writeMember("k", inner, column, { listIndent });
        const end = pick(3) === 0 ? ` # ${at}.` : "";
        return [...blank, ...above, head + own.slice(column + 2) + end, ...below];
      }
      if (pick(4) === 0) return [...blank, ...above, `${head} ${writeFlow(inner)}`];
      const indent = Array.isArray(inner) && !Array.isArray(part) ? listIndent : 2;
      const below = lines(inner, column + indent, at, listIndent);
      const [first = ""] = below;
      const isCompact =
        Array.isArray(part) && !first.trim().startsWith("#") && first !== "" && pick(2) === 0;
      return isCompact
        ? [...blank, ...above, `${head} ${first.trimStart()}`, ...below.slice(1)]
        : [...blank, ...above, head, ...below];
    });
  return `${lines(value, 0, "", pick(2) * 2).join("\n")}\n`;
}

describe("any text, after any change", () => {
  it("says exactly what is to be said, and says it in comments where nothing changed", () => {
    for (let seed = 1; seed <= 400; seed += 1) {
      const pick = chance(seed);
      const before = { a: someValue(pick, 3), keep: someObject(pick, 3), z: someValue(pick, 3) };
      const text = commented(before, pick);
      expect(read(text), `${seed}\n${text}`).toEqual(before);
      const next = { ...before, a: mutated(before.a, pick), z: mutated(before.z, pick) };
      const written = rewriteYaml(text, before, next);
      expect(written, `${seed}\n${text}\n${JSON.stringify(next)}`).not.toBeNull();
      expect(read(written ?? "")).toEqual(next);
      for (const comment of text.match(/# \/keep\S*/g) ?? []) expect(written).toContain(comment);
    }
  });
});
