/** Clocks of a time zone: what they show at an instant, and at which instant they show something. A wall time is written
 * as the milliseconds that it would be in UTC. */

const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(zone: string): Intl.DateTimeFormat {
  const known = clocks.get(zone);
  if (known) return known;
  const clock = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  clocks.set(zone, clock);
  return clock;
}

/** What the clocks of a zone show at an instant. */
export function wallOf(time: number, zone: string): number {
  const shown: Record<string, number> = {};
  for (const { type, value } of clockOf(zone).formatToParts(time)) shown[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown;
  const rest = ((time % 1_000) + 1_000) % 1_000;
  return Date.UTC(year, month - 1, day, hour, minute, second) + rest;
}

/** When the clocks of a zone show this. What they show twice is the first time; what they leave out is just after. */
export function instantOf(wall: number, zone: string): number {
  const offset = (time: number) => wallOf(time, zone) - time;
  // The offsets of the days around it are all that come into question.
  const day = 86_400_000;
  const tried = [offset(wall - day), offset(wall + day)].map((each) => wall - each);
  const fitting = tried.filter((time) => wallOf(time, zone) === wall);
  return Math.min(...(fitting.length > 0 ? fitting : [Math.max(...tried)]));
}
