import { describe, expect, it } from "vitest";
import type { CloudEvent, Run } from "../src/api/types.ts";
import { runAfter, sortOut } from "../src/live/apply.ts";
import { eventsUrl, union } from "../src/live/topics.ts";

const started = "2026-11-24T09:00:00Z";
const run: Run = {
  id: "r1",
  workflow_id: "w1",
  workflow_name: "Invoices",
  version: 1,
  status: "Waiting",
  trigger: "manual",
  started_at: started,
  finished_at: null,
  duration_ms: null,
  error: null,
  parent: null,
};

function event(type: string, subject = "r1", data = {}): CloudEvent {
  return { id: "e", type, subject, time: "2026-11-24T09:00:05Z", data };
}

describe("runAfter", () => {
  it("ends a run with its time and duration", () => {
    expect(runAfter(run, event("flusso.run.failed"))).toMatchObject({
      status: "Failed",
      finished_at: "2026-11-24T09:00:05Z",
      duration_ms: 5_000,
    });
  });

  it("never revives a run that has ended", () => {
    const ended = runAfter(run, event("flusso.run.completed"));
    expect(runAfter(ended, event("flusso.run.started"))).toBe(ended);
    expect(runAfter(ended, event("flusso.run.cancelled"))).toBe(ended);
  });

  it("leaves to the server what the event alone does not say", () => {
    expect(runAfter(run, event("flusso.run.resumed"))).toBe(run);
  });

  it("does not touch other runs", () => {
    expect(runAfter(run, event("flusso.run.failed", "r2"))).toBe(run);
  });
});

describe("sortOut", () => {
  it("names every run that an event is about, once", () => {
    const batch = sortOut([
      event("flusso.run.paused"),
      event("flusso.task.opened", "t1", { run_id: "r1" }),
      event("flusso.task.resolved", "t2", { run_id: "r2" }),
    ]);
    expect(batch.runIds).toEqual(["r1", "r2"]);
    expect(batch.settled).toEqual(["t2"]);
    expect(batch.opened.map(({ subject }) => subject)).toEqual(["t1"]);
  });
});

describe("union", () => {
  it("always hears of tasks, and adds up what all tabs want", () => {
    const wish = union([
      { topics: [], runIds: ["b"] },
      { topics: [], runIds: ["a", "b"] },
    ]);
    expect(eventsUrl(wish)).toBe("/api/v1/events?topics=tasks&run_id=a&run_id=b");
  });

  it("does not name single runs to a stream of all runs", () => {
    expect(union([{ topics: ["runs"], runIds: ["a"] }])).toEqual({
      topics: ["runs", "tasks"],
      runIds: [],
    });
  });
});
