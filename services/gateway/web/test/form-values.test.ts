import { describe, expect, it } from "vitest";
import type { FieldType, FormField } from "../src/api/types.ts";
import { en } from "../src/i18n/en.ts";
import { faultOf, initialValues, toValues } from "../src/tasks/form-values.ts";

const words = { t: en, format: { number: (value: number) => String(value) } };

function field(type: FieldType, more: Partial<FormField> = {}): FormField {
  return { name: "x", label: "X", type, ...more };
}

function fault(of: FormField, text: string, unreadable = false): string | null {
  return faultOf(of, text, unreadable, words);
}

describe("faultOf", () => {
  it("asks for required fields, and for them alone", () => {
    expect(fault(field("text", { required: true }), "  ")).toBe("X is required.");
    expect(fault(field("text"), "")).toBeNull();
  });

  it("tells a number that cannot be read from one that is missing", () => {
    expect(fault(field("number"), "", true)).toBe("Enter a number, for example 12.5.");
  });

  it("holds numbers to their limits and step", () => {
    const limited = field("number", { min: 1, max: 10, step: 0.1 });
    expect(fault(limited, "0")).toBe("Must be 1 or more.");
    expect(fault(limited, "11")).toBe("Must be 10 or less.");
    expect(fault(limited, "1.3")).toBeNull();
    expect(fault(limited, "1.35")).toBe("Must be a multiple of 0.1.");
  });

  it("holds dates to their limits", () => {
    const limited = field("date", { min: "2026-01-01", max: "2026-12-31" });
    expect(fault(limited, "2025-12-31")).toBe("Must be 2026-01-01 or later.");
    expect(fault(limited, "2027-01-01")).toBe("Must be 2026-12-31 or earlier.");
    expect(fault(limited, "2026-06-30")).toBeNull();
  });

  it("counts characters as people do", () => {
    expect(fault(field("text", { max_length: 2 }), "🙂🙂")).toBeNull();
    expect(fault(field("text", { min_length: 3 }), "🙂🙂")).toBe("Enter at least 3 characters.");
  });

  it("says what the field itself says about its pattern", () => {
    const shaped = field("text", { pattern: "[A-Z]{2}", pattern_message: "Two capitals." });
    expect(fault(shaped, "AB")).toBeNull();
    expect(fault(shaped, "ABC")).toBe("Two capitals.");
    expect(fault(field("text", { pattern: "(" }), "anything")).toBeNull();
  });
});

describe("values", () => {
  it("start with the defaults", () => {
    const fields = [field("number", { default: 3 }), field("text", { name: "y", default: null })];
    expect(initialValues(fields)).toEqual({ x: "3", y: "" });
  });

  it("are sent as numbers, dates and null", () => {
    const fields = [
      field("number", { name: "n" }),
      field("date", { name: "d" }),
      field("text", { name: "t" }),
    ];
    expect(toValues(fields, { n: "12.5", d: "2026-11-24", t: "" })).toEqual({
      n: 12.5,
      d: "2026-11-24",
      t: null,
    });
  });
});
