/** Free values as a person types them: text as it is, and JSON where it looks like JSON. */
import type { Json } from "../api/types.ts";

/** Begins a value of JSON, but no variable: `{{` and `{%` begin a text with variables. */
const STRUCTURE = /^\s*(?:\{(?![{%])|\[|")/;
const LITERAL = /^\s*(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)\s*$/;

/** `undefined` for what looks like JSON and is none (yet). */
export function parseFree(text: string): Json | undefined {
  if (!STRUCTURE.test(text) && !LITERAL.test(text)) return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** The text from which `parseFree` makes the value again. */
export function showFree(value: Json | undefined): string {
  if (value === undefined) return "";
  if (typeof value !== "string") return JSON.stringify(value, null, 2);
  return parseFree(value) === value ? value : JSON.stringify(value);
}

export function showText(value: Json | undefined): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** The lines that say something. */
export function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
