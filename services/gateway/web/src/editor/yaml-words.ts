/** Values written as YAML, in the few ways that every reader of YAML understands the same. */
import type { Json, JsonObject } from "../api/types.ts";
import { isObject } from "../graph/definition.ts";
import { plainValue, type Style } from "./yaml-tree.ts";

/** How a file is written: how far a list stands in from the key that it belongs to. */
export interface Manner {
  listIndent: number;
}

/** What stands beside a key or a dash, and the lines below it, indented. */
export interface Written {
  beside: string;
  below: string[];
}

export const pad = (column: number) => " ".repeat(column);

/** Control characters, line ends that not every reader takes for such, and what is no character. */
const ODD =
  /[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u;
const ODDS = new RegExp(ODD, "gu");
/** Begins with a letter or the like, and holds nothing that could end it. */
const PLAIN = /^[\p{L}_/($](?:[^\n\t:#]|:(?=[^\s:])|(?<=\S)#)*$/u;
/** What older readers take for true or false. */
const OLD_BOOLEAN = /^(?:y|n|yes|no|on|off)$/i;
const FLOW_SIGN = /[,[\]{}]/;

export function isBranch(value: Json): boolean {
  return Array.isArray(value) ? value.length > 0 : isObject(value) && Object.keys(value).length > 0;
}

/** The value of a key or of a dash that stands at this column. */
export function write(value: Json, column: number, manner: Manner, style?: Style): Written {
  if (typeof value === "string") return writeText(value, column, style);
  if (!isBranch(value)) return { beside: JSON.stringify(value), below: [] };
  const indent = Array.isArray(value) ? manner.listIndent : 2;
  return { beside: "", below: writeEntries(value, column + indent, manner) };
}

/** Each member or item on lines of its own, from this column on. */
export function writeEntries(value: Json, column: number, manner: Manner): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => writeItem(item, column, manner));
  return Object.entries(value as JsonObject).flatMap(([name, member]) =>
    writeMember(name, member, column, manner),
  );
}

export function writeItem(value: Json, column: number, manner: Manner): string[] {
  if (!isBranch(value)) return lines(`${pad(column)}-`, write(value, column, manner));
  const [first = "", ...others] = writeEntries(value, column + 2, manner);
  return [`${pad(column)}- ${first.trimStart()}`, ...others];
}

export function writeMember(name: string, value: Json, column: number, manner: Manner): string[] {
  return lines(`${pad(column)}${flowText(name, false)}:`, write(value, column, manner));
}

function lines(head: string, { beside, below }: Written): string[] {
  return [beside === "" ? head : `${head} ${beside}`, ...below];
}

function writeText(text: string, column: number, style?: Style): Written {
  const isLong = style === "block" || (style !== "double" && text.includes("\n"));
  if (isLong && canBeBlock(text)) {
    const ends = text.endsWith("\n");
    const body = (ends ? text.slice(0, -1) : text).split("\n");
    const below = body.map((line) => (line === "" ? "" : pad(column + 2) + line));
    return { beside: ends ? "|" : "|-", below };
  }
  return { beside: flowText(text, false, style), below: [] };
}

/** Its first line shows the indentation, so that one must be a line without any. */
function canBeBlock(text: string): boolean {
  return /^[^\s]/.test(text) && !/\n\n$|^\t|[ \t]$/m.test(text) && !ODD.test(text);
}

function flowText(text: string, isInside: boolean, style?: Style): string {
  if (style === "single" && !text.includes("\n") && !ODD.test(text)) {
    return `'${text.replaceAll("'", "''")}'`;
  }
  const isPlain = style !== "double" && canBePlain(text) && !(isInside && FLOW_SIGN.test(text));
  if (isPlain) return text;
  const escaped = (sign: string) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(text).replace(ODDS, escaped);
}

function canBePlain(text: string): boolean {
  if (!PLAIN.test(text) || /\s$/.test(text) || ODD.test(text)) return false;
  return !OLD_BOOLEAN.test(text) && plainValue(text) === text;
}

/** On one line, between brackets. */
export function writeFlow(value: Json, style?: Style): string {
  if (typeof value === "string") return flowText(value, true, style);
  if (Array.isArray(value)) return `[${value.map((item) => writeFlow(item)).join(", ")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([name, member]) => `${flowText(name, true)}: ${writeFlow(member)}`,
  );
  return members.length > 0 ? `{ ${members.join(", ")} }` : "{}";
}
