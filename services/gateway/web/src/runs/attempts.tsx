/** The attempts of a step that was tried more than once. */
import type { Attempt, Step } from "../api/types.ts";
import { useFormat } from "../i18n/i18n.tsx";
import { UserText } from "../ui/text.tsx";
import { Duration } from "../ui/time.tsx";
import { useRunWords } from "./words.ts";

export function Attempts({ step }: { step: Step }) {
  const { w } = useRunWords();
  const attempts = step.attempts ?? [];
  const all = attempts.at(-1)?.attempt ?? 0;
  return (
    <>
      {all > attempts.length && (
        <p className="muted small">{w.attemptsShown(attempts.length, all)}</p>
      )}
      <ol className="plain lines attempts">
        {attempts.map((attempt) => (
          <AttemptLine key={attempt.attempt} attempt={attempt} />
        ))}
      </ol>
    </>
  );
}

function AttemptLine({ attempt }: { attempt: Attempt }) {
  const { w } = useRunWords();
  const format = useFormat();
  const { started_at, finished_at, error, next_at } = attempt;
  return (
    <li>
      <strong>{w.attempt(attempt.attempt)}</strong>
      <span className="muted small">
        {format.instant(started_at)} ·{" "}
        <Duration of={{ started_at, finished_at, duration_ms: null }} />
      </span>
      <span className="grow small">
        {error ? (
          <span className="error-text">
            <span className="mono">{error.code}</span> <UserText text={error.message} />
          </span>
        ) : (
          <span className="muted">{finished_at ? w.succeeded : w.underWay}</span>
        )}
      </span>
      {next_at && (
        <span className="muted small">
          {w.nextAttempt}: {format.instant(next_at)}
        </span>
      )}
    </li>
  );
}
