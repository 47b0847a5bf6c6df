import { describe, expect, it } from "vitest";
import { instantOf, wallOf } from "../src/i18n/zone.ts";

const at = Date.parse;

describe("the clocks of a zone", () => {
  it("show what they should, and lead back", () => {
    for (const zone of ["UTC", "Asia/Tokyo", "America/St_Johns", "Asia/Kathmandu", "Europe/Rome"]) {
      for (const time of ["2026-07-01T00:00:00.250Z", "2026-12-31T23:30:00Z", "1969-12-31T12:00Z"])
        expect(instantOf(wallOf(at(time), zone), zone)).toBe(at(time));
    }
    expect(wallOf(at("2026-11-24T20:30:00Z"), "Asia/Tokyo")).toBe(at("2026-11-25T05:30:00Z"));
  });

  it("show an hour twice in autumn, and leave one out in spring", () => {
    const twice = at("2026-10-25T02:30:00Z");
    expect(instantOf(twice, "Europe/Rome")).toBe(at("2026-10-25T00:30:00Z"));
    expect(wallOf(at("2026-10-25T01:30:00Z"), "Europe/Rome")).toBe(twice);
    expect(instantOf(at("2026-03-29T02:30:00Z"), "Europe/Rome")).toBe(at("2026-03-29T01:30:00Z"));
  });
});
