import { describe, expect, it } from "vitest";
import { SseParser } from "../src/live/sse.ts";

describe("SseParser", () => {
  it("keeps what is unfinished until its end arrives", () => {
    const parser = new SseParser();
    expect(parser.push("id: 7\nda")).toEqual([]);
    expect(parser.push('ta: {"a":1}\n\n')).toEqual([
      { event: "message", id: "7", data: '{"a":1}' },
    ]);
  });

  it("joins the lines of one event and forgets its name afterwards", () => {
    const parser = new SseParser();
    const events = parser.push("event: counts\ndata: a\ndata: b\n\ndata: c\n\n");
    expect(events.map(({ event, data }) => [event, data])).toEqual([
      ["counts", "a\nb"],
      ["message", "c"],
    ]);
  });

  it("reads carriage returns even when a chunk ends between the two of a line end", () => {
    const parser = new SseParser();
    expect(parser.push("data: x\r")).toEqual([]);
    expect(parser.push("\n\r\n").map(({ data }) => data)).toEqual(["x"]);
  });

  it("takes comments as signs of life only, and remembers when to come back", () => {
    const parser = new SseParser();
    expect(parser.push(": ping\n\nretry: 1500\n\n")).toEqual([]);
    expect(parser.retryMs).toBe(1500);
  });

  it("keeps the last id for an event that has none", () => {
    const parser = new SseParser();
    const events = parser.push("id: 1\ndata: a\n\ndata: b\n\n");
    expect(events.map(({ id }) => id)).toEqual(["1", "1"]);
  });

  it("resumes before an event of which only the id arrived", () => {
    const parser = new SseParser("6");
    parser.push("id: 7\ndata: a\n\nid: 8\ndata: half of");
    expect(parser.lastId).toBe("7");
  });
});
