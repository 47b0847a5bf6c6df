/** A form's rules without a form: what the fields start with, what is wrong with them, what is sent. */
import type { Problem } from "../api/client.ts";
import type { FormField, Json, JsonObject } from "../api/types.ts";
import type { Messages } from "../i18n/en.ts";
import type { Format } from "../i18n/format.ts";
import type { Draft } from "./drafts.ts";

/** Longer texts are not tried against a pattern here; the server, which has time limits, judges them. */
const PATTERN_TEXT_MAX = 10_000;

export function labelOf(field: FormField): string {
  return field.label || field.name;
}

export function initialValues(fields: FormField[]): Draft {
  return Object.fromEntries(fields.map((field) => [field.name, textOf(field.default)]));
}

function textOf(value: Json | undefined): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** The values as the server takes them: numbers as numbers, empty fields as null. */
export function toValues(fields: FormField[], draft: Draft): JsonObject {
  return Object.fromEntries(
    fields.map((field) => [field.name, toValue(field, draft[field.name] ?? "")]),
  );
}

function toValue(field: FormField, text: string): Json {
  if (text === "") return null;
  return field.type === "number" ? Number(text) : text;
}

interface Words {
  t: Messages;
  format: Pick<Format, "number">;
}

/** The first thing that is wrong with a field, in words; null when nothing is. `unreadable`: typed, but no value. */
export function faultOf(
  field: FormField,
  text: string,
  unreadable: boolean,
  words: Words,
): string | null {
  const { form } = words.t;
  if (unreadable) return field.type === "number" ? form.number : form.date;
  if (text.trim() === "") return field.required ? form.required(labelOf(field)) : null;
  if (field.type === "number") return numberFault(field, text, words);
  if (field.type === "date") return dateFault(field, text, words);
  return textFault(field, text, words);
}

function numberFault(field: FormField, text: string, { t, format }: Words): string | null {
  const value = Number(text);
  if (!Number.isFinite(value)) return t.form.number;
  const min = numberOf(field.min);
  const max = numberOf(field.max);
  if (min !== null && value < min) return t.form.min(format.number(min));
  if (max !== null && value > max) return t.form.max(format.number(max));
  if (field.step && !onStep(value, min ?? 0, field.step))
    return t.form.step(format.number(field.step));
  return null;
}

function onStep(value: number, start: number, step: number): boolean {
  const steps = (value - start) / step;
  return Math.abs(steps - Math.round(steps)) < 1e-6;
}

function numberOf(limit: number | string | null | undefined): number | null {
  return limit === null || limit === undefined || limit === "" ? null : Number(limit);
}

function dateFault(field: FormField, text: string, { t }: Words): string | null {
  // ISO dates order as texts do.
  if (field.min && text < String(field.min)) return t.form.dateMin(String(field.min));
  if (field.max && text > String(field.max)) return t.form.dateMax(String(field.max));
  return null;
}

function textFault(field: FormField, text: string, { t }: Words): string | null {
  const length = [...text].length;
  if (field.min_length && length < field.min_length) return t.form.minLength(field.min_length);
  if (field.max_length && length > field.max_length) return t.form.maxLength(field.max_length);
  if (!field.pattern || matches(field.pattern, text)) return null;
  return field.pattern_message || t.form.pattern;
}

function matches(pattern: string, text: string): boolean {
  if (text.length > PATTERN_TEXT_MAX) return true;
  try {
    return new RegExp(`^(?:${pattern})$`, "u").test(text);
  } catch {
    // A pattern that only the server can read is only judged by the server.
    return true;
  }
}

/** Each field's fault as the server refused it, by the field's name. */
export function refusedFaults(problem: Problem): Record<string, string> {
  const listed = problem.members.fields;
  if (!Array.isArray(listed)) return {};
  const pairs = listed.flatMap((fault) => {
    if (typeof fault !== "object" || fault === null || Array.isArray(fault)) return [];
    return typeof fault.name === "string"
      ? [[fault.name, String(fault.message ?? "")] as const]
      : [];
  });
  return Object.fromEntries(pairs);
}
