/** The arithmetic of charts: where an axis has its marks, and how strong a colour is. */

/** Round values from 0 up to at least the largest; about as many as asked for. */
export function niceTicks(largest: number, wanted = 4): number[] {
  if (!(largest > 0)) return [0, 1];
  const rough = largest / wanted;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step =
    [1, 2, 5, 10].map((factor) => factor * magnitude).find((size) => size >= rough) ?? rough;
  const count = Math.ceil(largest / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, place) => Number((place * step).toPrecision(12)));
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Marks for durations, which are round in seconds, minutes, hours or days. */
export function durationTicks(largestMs: number, wanted = 4): number[] {
  const unit = [DAY, HOUR, MINUTE, SECOND].find((size) => largestMs >= 2 * size) ?? 1;
  return niceTicks(largestMs / unit, wanted).map((value) => value * unit);
}

/** Which places of so many have room for a label: every n-th, the last one always among them. */
export function labelled(places: number, room: number): number[] {
  if (places === 0) return [];
  const every = Math.max(1, Math.ceil(places / Math.max(1, room)));
  return Array.from({ length: places }, (_, place) => place).filter(
    (place) => (places - 1 - place) % every === 0,
  );
}

/** How dark a cell of a heat map is, from 0 to 4; small numbers can still be told from none. */
export function shade(value: number, largest: number): number {
  if (value <= 0 || largest <= 0) return 0;
  return Math.max(1, Math.min(4, Math.ceil((4 * value) / largest)));
}

/** Points of a line that has gaps where there is no value. */
export function segments(values: (number | null)[]): [place: number, value: number][][] {
  const found: [number, number][][] = [];
  let open: [number, number][] = [];
  values.forEach((value, place) => {
    if (value !== null) {
      if (open.length === 0) found.push(open);
      open.push([place, value]);
    } else if (open.length > 0) open = [];
  });
  return found;
}
