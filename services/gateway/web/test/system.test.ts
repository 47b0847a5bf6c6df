import { describe, expect, it } from "vitest";
import { systemWords } from "../src/settings/system-words.ts";
import { shareDone } from "../src/settings/verify.tsx";

describe("the system page", () => {
  it("says everything in words of each language", () => {
    const same = Object.entries(systemWords.en).filter(
      ([name, text]) =>
        typeof text === "string" &&
        text.includes(" ") &&
        text === systemWords.it[name as keyof typeof systemWords.it],
    );
    expect(same).toEqual([]);
    expect(systemWords.it.findings(1)).toBe("1 problema");
    expect(systemWords.it.findings(2)).toBe("2 problemi");
  });

  it("knows how far a verification is, half of it for runs and half for tasks", () => {
    const streams = { engine: 50, tasks: 30 };
    const totals = { engine: 100, tasks: 30 };
    expect(shareDone({ phase: "engine streams", streams, totals })).toBe(0.25);
    expect(shareDone({ phase: "tasks streams", streams, totals })).toBe(1);
    expect(shareDone({ phase: "tasks streams", streams, totals: {} })).toBe(0.5);
    expect(shareDone({ phase: "waits", streams, totals })).toBe(1);
  });
});
