/** What a run by hand is given, in the shape of its trigger. */
import { describe, expect, it } from "vitest";
import type { DeliveryDetail, JsonObject, Workflow } from "../src/api/types.ts";
import {
  fitsForm,
  fromForm,
  ofDelivery,
  readInput,
  sampleOf,
  shapeOf,
  toForm,
} from "../src/workflows/run-input.ts";

function started(type: string, config: JsonObject): Workflow {
  return { trigger: type, definition: { trigger: { type, config } } } as unknown as Workflow;
}

const FIELDS = [
  { name: "amount", type: "number", label: "Amount", required: true },
  { name: "note", type: "text", default: "none" },
  { name: "who", type: "text", help: "Not {{ known }} here." },
  { name: "", type: "text" },
];

describe("the input of a run by hand", () => {
  it("is the form of its trigger, filled with the sample", () => {
    const workflow = started("manual_trigger", {
      fields: FIELDS,
      sample_input: { amount: 5, order: { id: "A-1" } },
    });
    const shape = shapeOf(workflow);
    const sample = sampleOf(workflow);
    if (shape.kind !== "fields") throw new Error(shape.kind);
    expect(shape.fields.map(({ name, label }) => [name, label])).toEqual([
      ["amount", "Amount"],
      ["note", "note"],
      ["who", "who"],
    ]);
    expect(shape.fields[2]?.help).toBeUndefined();
    expect(fitsForm(shape, sample)).toBe(true);
    const draft = toForm(shape, sample, "UTC");
    expect(draft).toMatchObject({ amount: "5", note: "none", who: "" });
    expect(fromForm(shape, { ...draft, amount: "7" }, sample, "UTC")).toEqual({
      amount: 7,
      note: "none",
      who: null,
      order: { id: "A-1" },
    });
    expect(fitsForm(shape, { note: ["a"] })).toBe(false);
  });

  it("is an object where the trigger asks for nothing", () => {
    const workflow = started("manual_trigger", {});
    expect(shapeOf(workflow)).toEqual({ kind: "object" });
    expect(fitsForm(shapeOf(workflow), {})).toBe(false);
    expect(readInput(" ")).toEqual({});
    expect(readInput("[1]")).toBeNull();
    expect(readInput("{")).toBeNull();
  });

  it("is a delivery where a webhook starts it", () => {
    const workflow = started("webhook_trigger", {});
    const shape = shapeOf(workflow);
    const base = sampleOf(workflow);
    expect(toForm(shape, base, "UTC")).toEqual({ payload: "{}" });
    expect(fromForm(shape, { payload: '{"a": 1}' }, base, "UTC")).toEqual({
      payload: { a: 1 },
      headers: {},
      method: "POST",
      query: {},
    });
    expect(fromForm(shape, { payload: "{" }, base, "UTC")).toBeNull();
    const delivery = {
      headers: [
        ["X-Event", "push"],
        ["x-event", "again"],
      ],
      body: '{"ref": "main"}',
      body_encoding: "text",
      method: "POST",
    } as DeliveryDetail;
    expect(ofDelivery(delivery)).toEqual({
      payload: { ref: "main" },
      headers: { "x-event": "push, again" },
      method: "POST",
      query: {},
    });
  });

  it("is an instant where the clock starts it", () => {
    const shape = shapeOf(started("schedule_trigger", { cron: "0 9 * * *" }));
    const given = { scheduled_at: "2026-11-24T09:00:00.000Z" };
    const draft = toForm(shape, given, "UTC");
    expect(draft.scheduled_at).toBe("2026-11-24T09:00:00");
    const inTokyo = toForm(shape, given, "Asia/Tokyo");
    expect(inTokyo.scheduled_at).toBe("2026-11-24T18:00:00");
    expect(fromForm(shape, inTokyo, {}, "Asia/Tokyo")).toEqual(given);
    expect(fromForm(shape, draft, given, "UTC")).toEqual(given);
    expect(fromForm(shape, { scheduled_at: "" }, given, "UTC")).toEqual({});
  });

  it("is what an event brings along", () => {
    const shape = shapeOf(started("event_trigger", { event: "order.paid" }));
    expect(shape).toEqual({ kind: "event", event: "order.paid" });
  });
});
