/** Times, durations and numbers in words, by `Intl`, in the zone that the person chose, or else the device's. */
import type { Messages } from "./en.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Older than this a date says more than "9 days ago". */
const RELATIVE_MS_MAX = 7 * DAY;

export interface Format {
  /** "3 minutes ago", or the date when it is long ago. */
  relative(time: string, now: number): string;
  /** "in 3 hours", or the date when it is far. */
  ahead(time: string, now: number): string;
  /** The exact time with its zone. */
  exact(time: string): string;
  /** The date and time to the millisecond. */
  instant(time: string): string;
  /** The date and time, in short. */
  day(time: string): string;
  /** The clock time, with the date unless it is today. */
  clock(time: string, now: number): string;
  /** How long something has waited: "3 h", "2 days". */
  waited(since: string, now: number): string;
  duration(milliseconds: number): string;
  number(value: number): string;
  bytes(value: number): string;
}

export function formatter(language: string, t: Messages, zone: string | null = null): Format {
  const times = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(language, zone === null ? options : { ...options, timeZone: zone });
  const exact = times({ dateStyle: "full", timeStyle: "long" });
  const day = times({ dateStyle: "medium", timeStyle: "short" });
  const date = times({ dateStyle: "short" });
  const instant = times({
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
  });
  const hour = times({ hour: "2-digit", minute: "2-digit" });
  const sameDay = (time: string, now: number) => date.format(new Date(time)) === date.format(now);
  const ago = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "long" });
  const number = new Intl.NumberFormat(language);
  const decimal = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  return {
    exact: (time) => exact.format(new Date(time)),
    instant: (time) => instant.format(new Date(time)),
    day: (time) => day.format(new Date(time)),
    clock: (time, now) => (sameDay(time, now) ? hour : day).format(new Date(time)),
    relative: (time, now) => {
      const age = now - Date.parse(time);
      if (age > RELATIVE_MS_MAX) return day.format(new Date(time));
      if (age < MINUTE) return ago.format(0, "second");
      if (age < HOUR) return ago.format(-Math.floor(age / MINUTE), "minute");
      if (age < DAY) return ago.format(-Math.floor(age / HOUR), "hour");
      return ago.format(-Math.floor(age / DAY), "day");
    },
    ahead: (time, now) => {
      const left = Date.parse(time) - now;
      if (left > RELATIVE_MS_MAX) return day.format(new Date(time));
      if (left <= 0) return ago.format(0, "second");
      const minutes = Math.max(1, Math.round(left / MINUTE));
      if (minutes < 60) return ago.format(minutes, "minute");
      const hours = Math.round(left / HOUR);
      if (hours < 24) return ago.format(hours, "hour");
      return ago.format(Math.round(left / DAY), "day");
    },
    waited: (since, now) => {
      const age = Math.max(0, now - Date.parse(since));
      if (age < MINUTE) return t.time.justNow;
      if (age < HOUR) return t.time.minutes(Math.floor(age / MINUTE));
      if (age < DAY) return t.time.hours(Math.floor(age / HOUR));
      return t.time.days(Math.floor(age / DAY));
    },
    duration: (milliseconds) => {
      if (milliseconds < 1_000) return `${number.format(Math.round(milliseconds))} ms`;
      if (milliseconds < MINUTE) return `${decimal.format(milliseconds / 1_000)} s`;
      if (milliseconds < HOUR) return twoUnits(milliseconds, MINUTE, "min", 1_000, "s");
      if (milliseconds < DAY) return twoUnits(milliseconds, HOUR, "h", MINUTE, "min");
      return twoUnits(milliseconds, DAY, "d", HOUR, "h");
    },
    number: (value) => number.format(value),
    bytes: (value) =>
      value < 1_000_000
        ? `${decimal.format(value / 1_000)} KB`
        : `${decimal.format(value / 1_000_000)} MB`,
  };
}

function twoUnits(
  value: number,
  large: number,
  largeName: string,
  small: number,
  smallName: string,
): string {
  const rest = Math.floor((value % large) / small);
  const whole = `${Math.floor(value / large)} ${largeName}`;
  return rest === 0 ? whole : `${whole} ${rest} ${smallName}`;
}
