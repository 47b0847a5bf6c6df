/** Where the bars of a timeline lie: pure arithmetic. */
import type { Timeline, TimelineStep } from "../gen/api.ts";
import { instantOf, wallOf } from "../i18n/zone.ts";

export interface Window {
  start: number;
  end: number;
}

/** From 0 to 1, or a bit beyond neither: what lies outside of the window is cut off. */
export interface Bar {
  from: number;
  to: number;
}

interface Timed {
  started_at: string;
  finished_at: string | null;
}

/** The part of the window that something took; null if it lies outside of it. What has not ended lasts until now. */
export function barOf(timed: Timed, { start, end }: Window, now: number): Bar | null {
  const began = Date.parse(timed.started_at);
  const ended = timed.finished_at === null ? now : Date.parse(timed.finished_at);
  if (ended < start || began > end) return null;
  const share = (time: number) => Math.min(1, Math.max(0, (time - start) / (end - start)));
  return { from: share(began), to: Math.max(share(began), share(ended)) };
}

export interface Placed {
  step: TimelineStep;
  bar: Bar;
  lane: number;
}

/** Steps beside each other in time lie below each other, in as few lanes as they need and at most `lanesMax`. */
export function placed(steps: TimelineStep[], window: Window, now: number, lanesMax = 6): Placed[] {
  const free: number[] = [];
  return steps.flatMap((step) => {
    const bar = barOf(step, window, now);
    if (bar === null) return [];
    let lane = free.findIndex((until) => until <= bar.from);
    if (lane < 0) lane = Math.min(free.length, lanesMax - 1);
    free[lane] = Math.max(free[lane] ?? 0, bar.to);
    return [{ step, bar, lane }];
  });
}

export interface Group {
  id: string;
  name: string;
  runs: Timeline[];
}

/** The runs by workflow; workflows in the order of their newest run. */
export function grouped(runs: Timeline[]): Group[] {
  const groups = new Map<string, Group>();
  for (const run of runs) {
    const group = groups.get(run.workflow_id);
    if (group) group.runs.push(run);
    else groups.set(run.workflow_id, { id: run.workflow_id, name: run.workflow_name, runs: [run] });
  }
  return [...groups.values()];
}

const MINUTE = 60_000;
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440].map((n) => n * MINUTE);

/** Round times in the window, at most so many, on the clocks of a zone: whole days begin at its midnight. */
export function timeMarks({ start, end }: Window, room: number, zone: string): number[] {
  const wanted = (end - start) / Math.max(1, room);
  const step = STEPS.find((size) => size >= wanted) ?? 1440 * MINUTE;
  // All steps divide a day, so that multiples of them are round on a clock.
  const first = Math.ceil(wallOf(start, zone) / step) * step;
  const count = Math.max(0, Math.floor((wallOf(end, zone) - first) / step) + 1);
  const marks = Array.from({ length: count }, (_, place) => instantOf(first + place * step, zone));
  // Where clocks are put forward some times do not exist, and stand for the one after.
  return [...new Set(marks)].filter((mark) => mark >= start && mark <= end);
}

/** What stands at a mark: the time, and at midnight the day that begins. */
export function markText(language: string, zone: string): (mark: number) => string {
  const time = new Intl.DateTimeFormat(language, {
    hour: "2-digit",
    minute: "2-digit",
    timeZone: zone,
  });
  const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", timeZone: zone });
  const isMidnight = (mark: number) => wallOf(mark, zone) % (1440 * MINUTE) === 0;
  return (mark) => (isMidnight(mark) ? day : time).format(mark);
}
