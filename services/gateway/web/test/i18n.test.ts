import { describe, expect, it } from "vitest";
import { en } from "../src/i18n/en.ts";
import { formatter } from "../src/i18n/format.ts";
import { it as italian } from "../src/i18n/it.ts";

const now = Date.parse("2026-11-24T12:00:00Z");

describe("messages", () => {
  it("count by the rules of each language", () => {
    expect(en.tasks.newTasks(1)).toBe("1 new task");
    expect(en.tasks.newTasks(3)).toBe("3 new tasks");
    expect(italian.tasks.newTasks(1)).toBe("1 nuova attività");
    expect(italian.tasks.newTasks(3)).toBe("3 nuove attività");
  });

  it("say of a timeout that nobody decided", () => {
    for (const { tasks } of [en, italian]) {
      const said = [
        tasks.decidedBy("timed_out", "Timeout"),
        tasks.decidedByAt("timed_out", "Timeout", "9:00"),
        tasks.settledBy("timed_out", "Timeout", "9:00"),
      ];
      expect(said.filter((text) => text.includes("Timeout"))).toEqual([]);
    }
  });

  it("say who ended a run and when", () => {
    expect(en.tasks.runEndedBy("Cancelled", "Dana", "12:04")).toBe(
      "This run was cancelled by Dana at 12:04.",
    );
    expect(italian.tasks.runEndedBy("Failed", "Dana", "12:04")).toBe(
      "Questa esecuzione è stata rifiutata da Dana alle 12:04.",
    );
  });

  it("exist in both languages, in words of their own", () => {
    const same = leaves(en).filter(
      ([path, text]) => text === valueAt(italian, path) && text.includes(" "),
    );
    expect(same).toEqual([]);
  });
});

describe("format", () => {
  const format = formatter("en", en);

  it("tells how long ago, and after a week when", () => {
    expect(format.relative("2026-11-24T11:57:00Z", now)).toBe("3 minutes ago");
    expect(format.relative("2026-11-22T11:00:00Z", now)).toBe("2 days ago");
    expect(format.relative("2026-11-01T11:00:00Z", now)).toContain("2026");
  });

  it("tells how far ahead, never less than a minute, and beyond a week when", () => {
    expect(format.ahead("2026-11-24T12:00:10Z", now)).toBe("in 1 minute");
    expect(format.ahead("2026-11-24T13:59:00Z", now)).toBe("in 2 hours");
    expect(format.ahead("2026-11-27T12:00:00Z", now)).toBe("in 3 days");
    expect(format.ahead("2026-12-24T12:00:00Z", now)).toContain("2026");
    expect(format.ahead("2026-11-24T12:00:00Z", now)).toBe("now");
  });

  it("never tells of a future that only a wrong clock sees", () => {
    expect(format.relative("2026-11-24T12:00:30Z", now)).toBe("now");
    expect(format.waited("2026-11-24T12:00:30Z", now)).toBe("less than a minute");
  });

  it("writes durations in two units at most", () => {
    expect(format.duration(450)).toBe("450 ms");
    expect(format.duration(2_500)).toBe("2.5 s");
    expect(format.duration(90_000)).toBe("1 min 30 s");
    expect(format.duration(26 * 3_600_000)).toBe("1 d 2 h");
  });

  it("writes numbers as the language does", () => {
    expect(formatter("it", italian).number(1240.5)).toBe("1240,5");
    expect(format.number(1240.5)).toBe("1,240.5");
  });
});

type Tree = { [name: string]: unknown };

function leaves(tree: Tree, path: string[] = []): [string[], string][] {
  return Object.entries(tree).flatMap(([name, value]) => {
    if (typeof value === "string") return [[[...path, name], value] as [string[], string]];
    return typeof value === "object" && value ? leaves(value as Tree, [...path, name]) : [];
  });
}

function valueAt(tree: Tree, path: string[]): unknown {
  return path.reduce<unknown>((value, name) => (value as Tree)[name], tree);
}
