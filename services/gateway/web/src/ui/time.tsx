/** Times as people say them, with the exact one and its zone on hover and focus. */
import { useContext } from "react";
import type { Run } from "../api/types.ts";
import { useFormat } from "../i18n/i18n.tsx";
import { Moment, useNow } from "./clock.ts";

export function RelativeTime({ time }: { time: string }) {
  const format = useFormat();
  const now = useNow();
  return (
    <time dateTime={time} title={format.exact(time)}>
      {format.relative(time, now)}
    </time>
  );
}

export function ClockTime({ time }: { time: string }) {
  const format = useFormat();
  const now = useNow();
  return (
    <time dateTime={time} title={format.exact(time)}>
      {format.clock(time, now)}
    </time>
  );
}

type Timed = Pick<Run, "started_at" | "finished_at" | "duration_ms">;

/** How long a run or step took; ticks while it lives, and stands still where the past is shown. */
export function Duration({ of }: { of: Timed }) {
  const format = useFormat();
  const then = useContext(Moment);
  if (of.duration_ms !== null) return <span>{format.duration(of.duration_ms)}</span>;
  const end = of.finished_at === null ? then : Date.parse(of.finished_at);
  if (end === null) return <Ticking since={of.started_at} />;
  return <span>{format.duration(Math.max(0, end - Date.parse(of.started_at)))}</span>;
}

function Ticking({ since }: { since: string }) {
  const format = useFormat();
  const now = useNow(true);
  const seconds = Math.floor(Math.max(0, now - Date.parse(since)) / 1_000);
  return <span>{format.duration(Math.max(1, seconds) * 1_000)}</span>;
}
