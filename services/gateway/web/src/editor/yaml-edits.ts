/**
 * A changed definition written into the YAML that its author wrote: what did not change stays to the letter, with comments,
 * blank lines, quotes and the order of keys. What is taken out takes the comments along that stand right above it, at the
 * ends of its lines, and further in than it does.
 */
import type { Json, JsonObject } from "../api/types.ts";
import { isEqual, isObject } from "../graph/definition.ts";
import { type Match, matchItems, matchMembers } from "./yaml-match.ts";
import { type Branch, type Entry, readTree, type Tree } from "./yaml-tree.ts";
import {
  isBranch,
  type Manner,
  pad,
  write,
  writeFlow,
  writeItem,
  writeMember,
} from "./yaml-words.ts";

let latest: { text: string; tree: Branch | null } = { text: "", tree: null };

/** What was written is the text of the next change. */
function treeOf(text: string): Branch | null {
  if (latest.text !== text) latest = { text, tree: readTree(text) };
  return latest.tree;
}

/** The text that says `next`; null where it cannot be told what belongs where. `before`: what it says now. */
export function rewriteYaml(text: string, before: JsonObject, next: JsonObject): string | null {
  const tree = treeOf(text);
  if (tree?.kind !== "map" || !isEqual(tree.value, before)) return null;
  if (Object.keys(next).length === 0) return null;
  const block = new Rewriting(text, mannerOf(tree)).block(tree, before, next, 0);
  const written = text.slice(0, block.start) + block.text + text.slice(block.end);
  return isEqual(treeOf(written)?.value, next) ? written : null;
}

/** At the top a key stands at the margin: so far as the first list stands in, all of them do. */
function mannerOf(tree: Branch): Manner {
  const list = tree.entries.find((entry) => entry.tree?.kind === "list" && !entry.tree.isFlow);
  const first = list?.tree?.kind === "list" ? list.tree.entries[0] : undefined;
  if (!list || !first) return { listIndent: 2 };
  return { listIndent: 2, ...(first.column === list.column && { listIndent: 0 }) };
}

/** A part of the text, and what stands there instead. */
interface Block {
  start: number;
  end: number;
  text: string;
}

/** The lines of an entry: `start` to `end` are its own, `gap` is what stands between them and the next one's. */
interface Chunk {
  start: number;
  end: number;
  gap: string;
}

class Rewriting {
  constructor(
    private readonly text: string,
    private readonly manner: Manner,
  ) {}

  /** A collection whose entries stand on lines; `from`: where comments may begin that are its first entry's. */
  block(tree: Branch, before: Json, next: Json, from: number): Block {
    const column = tree.entries[0]?.column ?? 0;
    const chunks = this.chunksOf(tree.entries, column, from);
    const start = chunks[0]?.start ?? tree.start;
    const end = chunks.at(-1)?.end ?? tree.end;
    const matches = matchesOf(tree, before, next);
    const lead = keepGaps(chunks, new Set(matches.map(({ was }) => was)));
    const parts = matches.map((match) => this.part(tree, chunks, match, before, column));
    const between = gapOf(chunks);
    const text = matches.map(({ was }, at) => {
      const isLast = at === matches.length - 1;
      const gap = chunks[was]?.gap ?? "";
      const own = isLast && gap.trim() === "" ? "" : was === chunks.length - 1 ? between : gap;
      return (parts[at] ?? "") + (was < 0 && !isLast ? between : own);
    });
    return { start, end, text: this.fitted(lead + text.join(""), start, column) };
  }

  /** As it is put where it begins: at the margin, or behind a dash. */
  private fitted(text: string, start: number, column: number): string {
    if (!this.isShared(start)) return text;
    const first = text.trimStart();
    return first.startsWith("#") ? `\n${text}` : text.slice(column);
  }

  private part(
    tree: Branch,
    chunks: Chunk[],
    { was, name, value }: Match,
    before: Json,
    column: number,
  ): string {
    const [entry, chunk] = [tree.entries[was], chunks[was]];
    if (!entry || !chunk) {
      const lines =
        tree.kind === "map"
          ? writeMember(name, value, column, this.manner)
          : writeItem(value, column, this.manner);
      return joined(lines);
    }
    const above = this.isShared(chunk.start)
      ? pad(column)
      : this.text.slice(chunk.start, entry.start);
    const old = Array.isArray(before) ? before[was] : (before as JsonObject)[entry.name];
    return above + this.entry(tree, entry, name, old ?? null, value, chunk.end);
  }

  /** From its key or dash to the end of its lines. */
  private entry(
    parent: Branch,
    entry: Entry,
    name: string,
    before: Json,
    next: Json,
    end: number,
  ): string {
    const { tree } = entry;
    const head =
      name === entry.name
        ? this.text.slice(entry.start, entry.after)
        : `${writeMember(name, null, 0, this.manner)[0]?.slice(0, -" null".length)}`;
    if (isEqual(before, next)) return ended(head + this.text.slice(entry.after, end));
    if (tree && tree.kind !== "leaf" && isBranch(next) && isSameKind(tree, next)) {
      const inner = tree.isFlow
        ? { start: tree.start, end: tree.end, text: this.flow(tree, next) }
        : this.block(tree, before, next, this.lineEnd(entry.after));
      const middle = this.text.slice(entry.after, inner.start);
      const between = inner.text.startsWith("\n") ? middle.trimEnd() : middle;
      return ended(head + between + inner.text + this.text.slice(inner.end, end));
    }
    return this.replaced(parent, entry, head, next, end);
  }

  /** Another value in the place of one; the comment at the end of its line stays there. */
  private replaced(parent: Branch, entry: Entry, head: string, next: Json, end: number): string {
    const { tree, column } = entry;
    const rest = this.text.slice(Math.min(end, this.lineEnd(entry.end)), end);
    // What stands below a block of text would become a part of it.
    const own = rest.trim() === "" && tree?.kind === "leaf" ? tree.style : undefined;
    const style = rest.trim() === "" ? own : "double";
    const { beside, below } = write(next, column, this.manner, style);
    const [first = "", ...others] =
      parent.kind === "list" && isBranch(next)
        ? writeItem(next, column, this.manner)
        : [beside === "" ? head : `${head} ${beside}`, ...below];
    return joined([first.trimStart() + this.comment(entry), ...others]) + rest;
  }

  /** At the end of the line that its value begins on. */
  private comment({ tree, after, end }: Entry): string {
    const isBelow = tree !== null && this.lineEnd(after) <= tree.start;
    const isText = tree?.kind === "leaf" && tree.style === "block";
    if (tree && tree.kind !== "leaf" && !tree.isFlow && !isBelow) return "";
    const from = isBelow ? after : isText ? tree.start : end;
    const found = /\s(#.*)/.exec(this.text.slice(from, this.lineEnd(from)));
    return found ? ` ${found[1]}` : "";
  }

  /** Between brackets: in its place if the shape stays, else on one line. */
  private flow(tree: Branch, next: Json): string {
    const values: Json[] = Array.isArray(next) ? next : Object.values(next as JsonObject);
    const names = isObject(next) ? Object.keys(next) : values.map(() => "");
    const isSameShape = isEqual(
      tree.entries.map(({ name }) => name),
      names,
    );
    if (!isSameShape || tree.entries.some((entry) => !entry.tree)) return writeFlow(next);
    let at = tree.start;
    const parts = tree.entries.map((entry, index) => {
      const { start, end } = entry.tree as Tree;
      const before = this.text.slice(at, start);
      at = end;
      return before + this.flowValue(entry.tree as Tree, values[index] ?? null);
    });
    return parts.join("") + this.text.slice(at, tree.end);
  }

  private flowValue(tree: Tree, next: Json): string {
    if (isEqual(tree.value, next)) return this.text.slice(tree.start, tree.end);
    if (tree.kind === "leaf") return writeFlow(next, tree.style);
    return isBranch(next) && isSameKind(tree, next) ? this.flow(tree, next) : writeFlow(next);
  }

  private chunksOf(entries: readonly Entry[], column: number, from: number): Chunk[] {
    const chunks: Chunk[] = [];
    for (const entry of entries) {
      const before = chunks.at(-1);
      const start = this.ownStart(entry, column, before?.end ?? from);
      if (before) before.gap = this.text.slice(before.end, start);
      chunks.push({ start, end: this.ownEnd(entry, column), gap: "" });
    }
    return chunks;
  }

  /** With the comments right above. */
  private ownStart(entry: Entry, column: number, from: number): number {
    if (this.isShared(entry.start)) return entry.start;
    let start = this.lineStart(entry.start);
    while (start > from) {
      const above = this.lineStart(start - 1);
      const indent = this.commentAt(above);
      if (above < from || indent === null || indent > column) break;
      start = above;
    }
    return start;
  }

  /** With the comments below that stand further in. */
  private ownEnd(entry: Entry, column: number): number {
    let end = this.lineEnd(entry.end);
    for (let at = end; at < this.text.length; at = this.lineEnd(at)) {
      const indent = this.commentAt(at);
      if (indent !== null && indent > column) end = this.lineEnd(at);
      else if (indent !== null || this.text.slice(at, this.lineEnd(at)).trim() !== "") break;
    }
    return end;
  }

  /** How far in the comment stands that is all of a line; null: it is another line. */
  private commentAt(start: number): number | null {
    const line = this.text.slice(start, this.lineEnd(start));
    const indent = line.search(/\S/);
    return line[indent] === "#" ? indent : null;
  }

  private isShared(start: number): boolean {
    return this.text.slice(this.lineStart(start), start).trim() !== "";
  }

  private lineStart(at: number): number {
    return at === 0 ? 0 : this.text.lastIndexOf("\n", at - 1) + 1;
  }

  /** Where the next line begins. */
  private lineEnd(at: number): number {
    const end = this.text.indexOf("\n", at);
    return end < 0 ? this.text.length : end + 1;
  }
}

function matchesOf(tree: Branch, before: Json, next: Json): Match[] {
  if (Array.isArray(before) && Array.isArray(next)) return matchItems(before, next);
  const written = tree.entries.map(({ name }) => name);
  return matchMembers(written, before as JsonObject, next as JsonObject);
}

function isSameKind(tree: Branch, next: Json): boolean {
  return tree.entries.length > 0 && (tree.kind === "list") === Array.isArray(next);
}

/** What stands free between entries stays when one of them goes; returned is what then comes first. */
function keepGaps(chunks: Chunk[], used: ReadonlySet<number>): string {
  let lead = "";
  for (let at = chunks.length - 1; at >= 0; at -= 1) {
    const [chunk, before] = [chunks[at], chunks[at - 1]];
    if (!chunk || used.has(at) || !chunk.gap.includes("#")) continue;
    if (before) before.gap += chunk.gap;
    else lead = chunk.gap;
    chunk.gap = "";
  }
  return lead;
}

/** Blank lines between all entries come between new ones too. */
function gapOf(chunks: readonly Chunk[]): string {
  const [first, ...others] = chunks.slice(0, -1).map(({ gap }) => gap);
  const isBlank = first !== undefined && first !== "" && first.trim() === "";
  return isBlank && others.every((gap) => gap === first) ? first : "";
}

const joined = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");

function ended(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
