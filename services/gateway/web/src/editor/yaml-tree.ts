/**
 * A YAML text as a tree that knows where each part stands. It reads what the server reads (the core schema of YAML 1.2, text
 * keys, no tags, no anchors) and gives up on everything else.
 */
import { CST, Parser } from "yaml";
import type { Json, JsonObject } from "../api/types.ts";

export type Style = "plain" | "single" | "double" | "block";

interface Placed {
  value: Json;
  start: number;
  end: number;
}

export interface Leaf extends Placed {
  kind: "leaf";
  style: Style;
}

export interface Branch extends Placed {
  kind: "map" | "list";
  isFlow: boolean;
  entries: Entry[];
}

export type Tree = Leaf | Branch;

export interface Entry {
  /** Empty in a list. */
  name: string;
  /** Where the key stands, or the dash. */
  start: number;
  /** How far in from the margin that is. */
  column: number;
  /** Behind the colon, or behind the dash. */
  after: number;
  /** Null: nothing is written, which is null. */
  tree: Tree | null;
  value: Json;
  end: number;
}

class NotForUs extends Error {}

export function readTree(text: string): Branch | null {
  try {
    return document(text);
  } catch (error) {
    if (error instanceof NotForUs) return null;
    throw error;
  }
}

function document(text: string): Branch {
  let found: CST.Token | undefined;
  for (const token of new Parser().parse(text)) {
    if (token.type === "document" && !found && token.value) found = token.value;
    else if (!["comment", "newline", "space", "byte-order-mark"].includes(token.type))
      throw new NotForUs();
  }
  const tree = found && treeOf(found);
  if (!tree || tree.kind === "leaf" || tree.isFlow) throw new NotForUs();
  measure(tree, text);
  return tree;
}

function measure(tree: Branch, text: string): void {
  for (const entry of tree.entries) {
    entry.column =
      entry.start - (entry.start === 0 ? 0 : text.lastIndexOf("\n", entry.start - 1) + 1);
    if (entry.tree && entry.tree.kind !== "leaf") measure(entry.tree, text);
  }
}

function treeOf(token: CST.Token): Tree {
  switch (token.type) {
    case "block-map":
    case "block-seq":
      return branch(token.items, token.type === "block-map", token.offset, null);
    case "flow-collection":
      return branch(token.items, token.start.source === "{", token.offset, flowEnd(token));
    case "scalar":
    case "single-quoted-scalar":
    case "double-quoted-scalar":
    case "block-scalar":
      return leaf(token);
    default:
      throw new NotForUs();
  }
}

function flowEnd(token: CST.FlowCollection): number {
  const bracket = token.end.find((one) => one.type.startsWith("flow-"));
  if (!bracket) throw new NotForUs();
  return bracket.offset + 1;
}

function branch(
  items: CST.CollectionItem[],
  isMap: boolean,
  start: number,
  flowEndsAt: number | null,
): Branch {
  const isFlow = flowEndsAt !== null;
  const entries = items.flatMap((item) => entryOf(item, isMap, isFlow));
  const end = flowEndsAt ?? entries.at(-1)?.end ?? start;
  if (!isMap) {
    const value = entries.map((entry) => entry.value);
    return { kind: "list", isFlow, entries, start, end, value };
  }
  const value: JsonObject = {};
  for (const entry of entries) {
    if (entry.name === "__proto__" || Object.hasOwn(value, entry.name)) throw new NotForUs();
    value[entry.name] = entry.value;
  }
  return { kind: "map", isFlow, entries, start, end, value };
}

const EMPTY = new Set(["space", "newline", "comment", "comma"]);
const KNOWN = new Set([...EMPTY, "seq-item-ind", "map-value-ind"]);

function entryOf(item: CST.CollectionItem, isMap: boolean, isFlow: boolean): Entry[] {
  const marks = [...item.start, ...(item.sep ?? [])];
  if (marks.some((mark) => !KNOWN.has(mark.type))) throw new NotForUs();
  const isNothing = !item.key && !item.value && marks.every((mark) => EMPTY.has(mark.type));
  if (isNothing) return [];
  const tree = item.value ? treeOf(item.value) : null;
  const head = isMap ? pairHead(item) : itemHead(item, isFlow, tree);
  const end = tree ? tree.end : head.after;
  return [{ ...head, column: 0, tree, value: tree ? tree.value : null, end }];
}

function pairHead({ key, sep }: CST.CollectionItem) {
  const colon = sep?.find((mark) => mark.type === "map-value-ind");
  const name = key && treeOf(key);
  if (!colon || name?.kind !== "leaf" || name.style === "block") throw new NotForUs();
  // What is read as a number or as nothing is a text where it is a key.
  const read = key && CST.resolveAsScalar(key);
  return { name: read ? read.value : "", start: name.start, after: colon.offset + 1 };
}

function itemHead({ key, sep, start }: CST.CollectionItem, isFlow: boolean, tree: Tree | null) {
  if (key || sep) throw new NotForUs();
  const dash = start.find((mark) => mark.type === "seq-item-ind");
  const at = isFlow ? tree?.start : dash?.offset;
  if (at === undefined) throw new NotForUs();
  return { name: "", start: at, after: isFlow ? at : at + 1 };
}

type Scalar = CST.FlowScalar | CST.BlockScalar;

function leaf(token: Scalar): Leaf {
  const read = CST.resolveAsScalar(token, true, () => {
    throw new NotForUs();
  });
  if (token.type !== "block-scalar") {
    const style = token.type === "scalar" ? "plain" : quotesOf(token.type);
    const value = style === "plain" ? plainValue(read.value) : read.value;
    const end = token.offset + token.source.length;
    return { kind: "leaf", value, style, start: token.offset, end };
  }
  const [header] = token.props;
  if (header?.type !== "block-scalar-header") throw new NotForUs();
  const written = CST.stringify({ ...token, end: [] } as CST.Token);
  // Blank lines that follow are no part of it, unless it says that they are.
  const own = header.source.includes("+") ? written.replace(/\n$/, "") : written.trimEnd();
  const end = header.offset + own.length;
  return { kind: "leaf", value: read.value, style: "block", start: header.offset, end };
}

function quotesOf(type: string): Style {
  return type === "single-quoted-scalar" ? "single" : "double";
}

const NULL = /^(?:~|null|Null|NULL|)$/;
const BOOLEAN = /^(?:true|True|TRUE|false|False|FALSE)$/;
const NUMBER = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const OTHER_BASE = /^0(?:o[0-7]+|x[0-9a-fA-F]+)$/;
const NOT_FINITE = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

/** What a text without quotes means. */
export function plainValue(text: string): Json {
  if (NULL.test(text)) return null;
  if (BOOLEAN.test(text)) return text.toLowerCase() === "true";
  if (NOT_FINITE.test(text)) throw new NotForUs();
  return NUMBER.test(text) || OTHER_BASE.test(text) ? Number(text) : text;
}
