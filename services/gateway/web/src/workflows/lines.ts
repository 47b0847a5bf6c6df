/** What two texts differ in, line by line, by the shortest way from one to the other (Myers, 1986). */

export interface Line {
  kind: "same" | "removed" | "added";
  text: string;
}

export type Block = Line[] | { skipped: number };

/** Texts that differ in more lines than this have little in common that would be worth the time. */
const EDITS_MAX = 600;
/** Unchanged lines that are shown around a change. */
const AROUND = 3;

export function compareLines(before: string, after: string): Line[] {
  const old = before.split("\n");
  const now = after.split("\n");
  let start = 0;
  while (start < Math.min(old.length, now.length) && old[start] === now[start]) start++;
  let end = 0;
  const shortest = Math.min(old.length, now.length) - start;
  while (end < shortest && old[old.length - 1 - end] === now[now.length - 1 - end]) end++;
  return [
    ...old.slice(0, start).map(same),
    ...middle(old.slice(start, old.length - end), now.slice(start, now.length - end)),
    ...old.slice(old.length - end).map(same),
  ];
}

const same = (text: string): Line => ({ kind: "same", text });
const removed = (text: string): Line => ({ kind: "removed", text });
const added = (text: string): Line => ({ kind: "added", text });

function middle(old: string[], now: string[]): Line[] {
  const trail = search(old, now);
  return trail ? backtrack(old, now, trail) : [...old.map(removed), ...now.map(added)];
}

/** By the number of edits: how far along `old` each diagonal was then reached. Null: too many edits. */
function search(old: string[], now: string[]): Map<number, number>[] | null {
  const reached = new Map<number, number>([[1, 0]]);
  const trail: Map<number, number>[] = [];
  for (let edits = 0; edits <= Math.min(EDITS_MAX, old.length + now.length); edits++) {
    trail.push(new Map(reached));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = isAdded(reached, diagonal, edits)
        ? at(reached, diagonal + 1)
        : at(reached, diagonal - 1) + 1;
      while (x < old.length && x - diagonal < now.length && old[x] === now[x - diagonal]) x++;
      reached.set(diagonal, x);
      if (x >= old.length && x - diagonal >= now.length) return trail;
    }
  }
  return null;
}

function at(reached: Map<number, number>, diagonal: number): number {
  return reached.get(diagonal) ?? Number.NEGATIVE_INFINITY;
}

function isAdded(reached: Map<number, number>, diagonal: number, edits: number): boolean {
  if (diagonal === -edits) return true;
  return diagonal !== edits && at(reached, diagonal - 1) < at(reached, diagonal + 1);
}

function backtrack(old: string[], now: string[], trail: Map<number, number>[]): Line[] {
  const lines: Line[] = [];
  let x = old.length;
  let y = now.length;
  for (let edits = trail.length - 1; edits >= 0; edits--) {
    const reached = trail[edits] ?? new Map();
    const diagonal = x - y;
    const before = isAdded(reached, diagonal, edits) ? diagonal + 1 : diagonal - 1;
    const fromX = edits === 0 ? 0 : at(reached, before);
    const fromY = edits === 0 ? 0 : fromX - before;
    while (x > fromX && y > fromY) {
      lines.push(same(old[--x] ?? ""));
      y--;
    }
    if (edits === 0) break;
    if (x === fromX) lines.push(added(now[--y] ?? ""));
    else lines.push(removed(old[--x] ?? ""));
  }
  return lines.reverse();
}

/** Long stretches without a change are only counted. */
export function folded(lines: Line[]): Block[] {
  const near = new Set<number>();
  lines.forEach((line, index) => {
    if (line.kind === "same") return;
    for (let other = index - AROUND; other <= index + AROUND; other++) near.add(other);
  });
  const blocks: Block[] = [];
  lines.forEach((line, index) => {
    const last = blocks.at(-1);
    if (near.has(index)) {
      if (Array.isArray(last)) last.push(line);
      else blocks.push([line]);
    } else if (last && !Array.isArray(last)) last.skipped++;
    else blocks.push({ skipped: 1 });
  });
  return blocks;
}
