/** Steps from the clipboard, which may hold anything. */
import { describe, expect, it } from "vitest";
import { fragmentOf } from "../src/editor/clipboard.ts";

describe("a text that is pasted", () => {
  it("has steps with the edges between them", () => {
    const text = JSON.stringify({
      trigger: { type: "manual_trigger" },
      nodes: [{ key: "a", type: "stop" }, { key: "b", type: "stop" }, { type: "stop" }, 3],
      edges: [
        { from: "trigger", to: "a" },
        { from: "a", to: "b" },
      ],
    });
    expect(fragmentOf(text)).toEqual({
      nodes: [
        { key: "a", type: "stop" },
        { key: "b", type: "stop" },
      ],
      edges: [{ from: "a", port: "out", to: "b" }],
    });
  });

  it("has none where it is something else", () => {
    for (const text of ["", "hello", "[1]", "{}", '{"nodes": []}', '{"nodes": [{"key": 1}]}']) {
      expect(fragmentOf(text)).toBeNull();
    }
  });
});
