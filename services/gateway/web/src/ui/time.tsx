/** Times as people say them, with the exact one and its zone on hover and focus. */
import type { Run } from "../api/types.ts";
import { useFormat } from "../i18n/i18n.tsx";
import { useNow } from "./clock.ts";

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

/** How long a run or step took; ticks while it lives. */
export function Duration({ of }: { of: Timed }) {
  const format = useFormat();
  if (of.duration_ms !== null) return <span>{format.duration(of.duration_ms)}</span>;
  if (of.finished_at !== null) {
    const length = Date.parse(of.finished_at) - Date.parse(of.started_at);
    return <span>{format.duration(Math.max(0, length))}</span>;
  }
  return <Ticking since={of.started_at} />;
}

function Ticking({ since }: { since: string }) {
  const format = useFormat();
  const now = useNow(true);
  const seconds = Math.floor(Math.max(0, now - Date.parse(since)) / 1_000);
  return <span>{format.duration(Math.max(1, seconds) * 1_000)}</span>;
}
