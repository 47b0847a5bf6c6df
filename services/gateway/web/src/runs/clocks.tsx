/** Clocks that run: until when a step sleeps, when it is tried again, what is left of a time limit. */
import type { Step, TimeLimit } from "../api/types.ts";
import { useFormat } from "../i18n/i18n.tsx";
import { useMoment } from "../ui/clock.ts";
import { ClockTime } from "../ui/time.tsx";
import { useRunWords } from "./words.ts";

const UNDER_WAY = new Set(["Running", "Waiting", "Retrying"]);

/** What is left until then; ticks. */
function Left({ until }: { until: string }) {
  const { w } = useRunWords();
  const format = useFormat();
  const left = Math.ceil((Date.parse(until) - useMoment()) / 1_000);
  return <span>{left > 0 ? w.left(format.duration(left * 1_000)) : w.due}</span>;
}

export function LimitLeft({ limit }: { limit: TimeLimit }) {
  const { w } = useRunWords();
  const format = useFormat();
  if (limit.due_at !== null) return <Left until={limit.due_at} />;
  return w.limitStands(format.duration((limit.remaining_seconds ?? 0) * 1_000));
}

/** The clocks of a step under way, each as a line. */
export function StepClock({ step }: { step: Step }) {
  const { w } = useRunWords();
  if (!UNDER_WAY.has(step.status)) return null;
  const next = step.status === "Retrying" ? step.attempts?.at(-1)?.next_at : null;
  return (
    <>
      {step.sleeps_until && (
        <span className="times">
          {w.sleepsUntil} <ClockTime time={step.sleeps_until} />, <Left until={step.sleeps_until} />
        </span>
      )}
      {next && (
        <span className="times">
          {w.nextAttempt}: <ClockTime time={next} />, <Left until={next} />
        </span>
      )}
      {step.limit && (
        <span className="times">
          {w.limit}: <LimitLeft limit={step.limit} />
        </span>
      )}
    </>
  );
}
