import { describe, expect, it } from "vitest";
import type { Timeline } from "../src/gen/api.ts";
import { durationTicks, labelled, niceTicks, segments, shade } from "../src/monitor/scales.ts";
import { monitorWords } from "../src/monitor/words.ts";
import { barOf, grouped, markText, placed, timeMarks } from "../src/timelines/layout.ts";

describe("the marks of an axis", () => {
  it("are round, begin at 0 and hold the largest value", () => {
    expect(niceTicks(0)).toEqual([0, 1]);
    expect(niceTicks(7)).toEqual([0, 2, 4, 6, 8]);
    expect(niceTicks(1_234)).toEqual([0, 500, 1_000, 1_500]);
    expect(niceTicks(0.3)).toEqual([0, 0.1, 0.2, 0.3]);
  });

  it("of durations are round in their unit", () => {
    expect(durationTicks(9 * 3_600_000)).toEqual([0, 5, 10].map((hours) => hours * 3_600_000));
    expect(durationTicks(350)).toEqual([0, 100, 200, 300, 400]);
  });

  it("leave room for their labels, and name the last place", () => {
    expect(labelled(10, 3)).toEqual([1, 5, 9]);
    expect(labelled(0, 3)).toEqual([]);
    expect(labelled(3, 0)).toEqual([2]);
  });
});

describe("what is drawn", () => {
  it("has gaps where there is no value", () => {
    expect(segments([null, 1, 2, null, 3])).toEqual([
      [
        [1, 1],
        [2, 2],
      ],
      [[4, 3]],
    ]);
  });

  it("tells few from none", () => {
    expect([0, 1, 50, 100].map((value) => shade(value, 100))).toEqual([0, 1, 2, 4]);
    expect(shade(0, 0)).toBe(0);
  });
});

describe("timelines", () => {
  const minute = 60_000;
  const now = Date.parse("2026-11-24T12:00:00Z");
  const window = { start: now - 100 * minute, end: now };
  const at = (minutesAgo: number) => new Date(now - minutesAgo * minute).toISOString();
  const step = (from: number, to: number | null) => ({
    node: `n${from}`,
    name: "N",
    type: "transform",
    status: "Completed" as const,
    started_at: at(from),
    finished_at: to === null ? null : at(to),
  });

  it("cut off what lies outside, and let what runs last until now", () => {
    expect(barOf(step(50, 25), window, now)).toEqual({ from: 0.5, to: 0.75 });
    expect(barOf(step(500, 50), window, now)).toEqual({ from: 0, to: 0.5 });
    expect(barOf(step(50, null), window, now)).toEqual({ from: 0.5, to: 1 });
    expect(barOf(step(500, 400), window, now)).toBeNull();
  });

  it("put steps that run beside each other below each other", () => {
    const steps = [step(90, 10), step(80, 60), step(70, 50), step(55, 40)];
    expect(placed(steps, window, now).map(({ lane }) => lane)).toEqual([0, 1, 2, 1]);
    expect(placed(steps, window, now, 2).map(({ lane }) => lane)).toEqual([0, 1, 1, 1]);
  });

  it("are grouped by workflow, in the order of the newest run", () => {
    const run = (id: string, workflow_id: string) => ({ id, workflow_id }) as Timeline;
    const groups = grouped([run("1", "b"), run("2", "a"), run("3", "b")]);
    expect(groups.map(({ id, runs }) => [id, runs.length])).toEqual([
      ["b", 2],
      ["a", 1],
    ]);
  });

  it("have marks at round times, and not too many", () => {
    const marks = timeMarks(window, 4, "UTC");
    expect(marks.length).toBeLessThanOrEqual(5);
    for (const mark of marks) expect(new Date(mark).getMinutes() % 30).toBe(0);
  });

  it("have their days begin at midnight of the person's zone, also where clocks change", () => {
    const days = {
      start: Date.parse("2026-10-23T20:00:00Z"),
      end: Date.parse("2026-10-26T20:00:00Z"),
    };
    const marks = (zone: string) =>
      timeMarks(days, 3, zone).map((mark) => new Date(mark).toISOString().slice(0, 16));
    expect(marks("Asia/Tokyo")).toEqual([
      "2026-10-24T15:00",
      "2026-10-25T15:00",
      "2026-10-26T15:00",
    ]);
    expect(marks("Europe/Rome")).toEqual([
      "2026-10-23T22:00",
      "2026-10-24T22:00",
      "2026-10-25T23:00",
    ]);
    expect(marks("Asia/Kathmandu")[0]).toBe("2026-10-24T18:15");
  });

  it("say the time at a mark, and at midnight the day that begins", () => {
    const text = markText("en-GB", "Asia/Tokyo");
    expect(text(Date.parse("2026-11-24T15:00:00Z"))).toBe("25 Nov");
    expect(text(Date.parse("2026-11-24T18:30:00Z"))).toBe("03:30");
  });
});

describe("the words of charts", () => {
  it("exist in both languages, in words of their own", () => {
    const names = Object.keys(monitorWords.en) as (keyof typeof monitorWords.en)[];
    const same = names.filter((name) => {
      const word = monitorWords.en[name];
      return typeof word === "string" && word.includes(" ") && word === monitorWords.it[name];
    });
    expect(same).toEqual([]);
  });
});
