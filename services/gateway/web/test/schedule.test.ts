import { describe, expect, it } from "vitest";
import { upcoming } from "../src/workflows/schedule.tsx";

describe("the next instants of a schedule", () => {
  it("leaves out those that have passed since the server told them", () => {
    const next = ["2026-11-24T09:00:00.000000Z", "2026-11-25T09:00:00.000000Z"];
    const schedule = { cron: "0 9 * * *", timezone: "UTC", words: "", next };
    expect(upcoming(schedule, Date.parse("2026-11-24T08:59:59Z"))).toEqual(next);
    expect(upcoming(schedule, Date.parse("2026-11-24T09:00:00Z"))).toEqual(next.slice(1));
  });
});
