/** One run: how it stands, what it waits for, and its trace, live. */
import { useQuery } from "@tanstack/react-query";
import { useCallback, useRef } from "react";
import { Link } from "wouter";
import { runAtQuery, runQuery, taskQuery } from "../api/queries.ts";
import type { RunDetail } from "../api/types.ts";
import { useFormat } from "../i18n/i18n.tsx";
import { isEnded } from "../live/apply.ts";
import { useTopics } from "../live/live.tsx";
import { usePage } from "../shell/page.tsx";
import { shortId } from "../tasks/card-head.tsx";
import { StandaloneCard } from "../tasks/task-page.tsx";
import { withoutHidden } from "../ui/bidi.ts";
import { Moment } from "../ui/clock.ts";
import { JsonView } from "../ui/json-tree.tsx";
import { Empty, errorText, isMissing, LoadError, Loading } from "../ui/states.tsx";
import { StatusBadge } from "../ui/status.tsx";
import { UserText } from "../ui/text.tsx";
import { ClockTime, Duration, RelativeTime } from "../ui/time.tsx";
import { useUrlState } from "../ui/url-state.ts";
import { CancelRun } from "./cancel-run.tsx";
import { LimitLeft } from "./clocks.tsx";
import { readSequence } from "./log.ts";
import { ParentLine } from "./related-runs.tsx";
import { RunAgain } from "./run-again.tsx";
import { triggerName } from "./runs-table.tsx";
import { TimeTravel } from "./time-travel.tsx";
import { Trace } from "./trace.tsx";
import { useRunWords } from "./words.ts";

const PLACE = { at: "" };

export default function RunPage({ id }: { id: string }) {
  const { w, t } = useRunWords();
  useTopics("", id);
  const live = useQuery(runQuery(id));
  const [place, change] = useUrlState(PLACE);
  const at = readSequence(place.at);
  const then = useQuery({
    ...runAtQuery(id, at ?? 1),
    enabled: at !== null,
    placeholderData: (before) => before ?? live.data,
  });
  const run = at === null ? live.data : then.data;
  const move = useCallback(
    (to: number | null) => change({ at: to === null ? "" : String(to) }, "replace"),
    [change],
  );
  const heading = useRef<HTMLHeadingElement>(null);
  usePage(t.runs.title(shortId(id)), heading);
  return (
    <>
      <header className="page-head">
        <div className="row">
          <h1 ref={heading} tabIndex={-1}>
            {t.runs.title(shortId(id))}
          </h1>
          {run && <StatusBadge status={run.status} />}
        </div>
        {live.data && (
          <div className="row">
            {isEnded(live.data.status) && <RunAgain run={live.data} />}
            {!isEnded(live.data.status) && at === null && <CancelRun id={id} />}
          </div>
        )}
      </header>
      {isMissing(live.error) && (
        <Empty>
          <p>{t.runs.missing}</p>
        </Empty>
      )}
      {live.isError && !isMissing(live.error) && <LoadError error={live.error} />}
      {live.isPending && <Loading lines={3} />}
      {live.data && (live.data.sequence > 1 || at !== null) && (
        <TimeTravel live={live.data} at={at} onMove={move} />
      )}
      {at !== null && then.isError && live.data && (
        <Empty>
          <p>
            {isMissing(then.error)
              ? w.beyond(String(live.data.sequence))
              : errorText(t, then.error)}
          </p>
        </Empty>
      )}
      {run && live.data && (
        <Moment value={at !== null && run.as_of !== null ? Date.parse(run.as_of) : null}>
          <RunBody
            run={run}
            live={live.data}
            at={at}
            onMove={move}
            onDecided={() => heading.current?.focus()}
          />
        </Moment>
      )}
    </>
  );
}

interface BodyProps {
  run: RunDetail;
  live: RunDetail;
  at: number | null;
  onMove: (at: number | null) => void;
  onDecided: () => void;
}

function RunBody({ run, live, at, onMove, onDecided }: BodyProps) {
  const { w, t } = useRunWords();
  const open = run.trace.filter((step) => step.status === "Waiting" && step.task_id);
  const ended = isEnded(run.status);
  return (
    <>
      <Summary run={run} />
      {at !== null && !ended && open.length > 0 && (
        <p className="notice tone-warn then">{w.waitedThen}</p>
      )}
      {at === null && !ended && open.length > 0 && (
        <section className="waiting-notice" aria-labelledby="waiting-title">
          <h2 id="waiting-title">{t.runs.waitingTitle}</h2>
          {open.map((step) => (
            <WaitingTask key={step.task_id} id={step.task_id ?? ""} onDecided={onDecided} />
          ))}
        </section>
      )}
      <Trace run={run} live={live} at={at} onMove={onMove} />
      {ended && run.output !== null && run.output !== undefined && (
        <section className="stack below" aria-labelledby="output-title">
          <h2 id="output-title">{t.runs.runOutput}</h2>
          <JsonView value={run.output} name="output" />
        </section>
      )}
    </>
  );
}

function WaitingTask({ id, onDecided }: { id: string; onDecided: () => void }) {
  const task = useQuery(taskQuery(id));
  // The run's page knows of the task an instant before the inbox does: then it is simply asked for again.
  if (isMissing(task.error)) return <Loading lines={1} />;
  if (task.isError) return <LoadError error={task.error} />;
  if (task.isPending) return <Loading lines={1} />;
  return <StandaloneCard task={task.data} onDone={onDecided} />;
}

function Summary({ run }: { run: RunDetail }) {
  const { w, t } = useRunWords();
  return (
    <dl className="facts">
      <dt>{t.runs.workflow}</dt>
      <dd>
        <Link href={`/workflows/${run.workflow_id}`}>
          <UserText text={run.workflow_name} />
        </Link>{" "}
        <span className="muted">{t.runs.version(run.version)}</span>
      </dd>
      <dt>{t.runs.trigger}</dt>
      <dd>{triggerName(t.triggers, run.trigger)}</dd>
      <ParentLine run={run} />
      {run.started_at && (
        <>
          <dt>{t.runs.started}</dt>
          <dd>
            <ClockTime time={run.started_at} />{" "}
            <span className="muted">
              (<RelativeTime time={run.started_at} />)
            </span>
          </dd>
          <dt>{t.runs.duration}</dt>
          <dd>
            <Duration of={run} />
          </dd>
        </>
      )}
      {run.status === "Queued" && (
        <>
          <dt>{w.queue}</dt>
          <dd>
            <QueuePlace ahead={run.ahead} />
          </dd>
        </>
      )}
      {run.limit && (
        <>
          <dt>{w.limit}</dt>
          <dd>
            <LimitLeft limit={run.limit} />
          </dd>
        </>
      )}
      {run.cancelled && (
        <>
          <dt>{w.cancelled}</dt>
          <dd dir="auto">
            {w.cancelledBy(withoutHidden(run.cancelled.by))} <ClockTime time={run.cancelled.at} />
            {run.cancelled.reason && (
              <p className="muted">
                <UserText text={run.cancelled.reason} />
              </p>
            )}
          </dd>
        </>
      )}
      {run.error && (
        <>
          <dt>{t.runs.error}</dt>
          <dd className="error-text">
            <UserText text={run.error.message} />
          </dd>
        </>
      )}
    </dl>
  );
}

/** The server counts no further than this. */
const AHEAD_MAX = 1_000;

function QueuePlace({ ahead }: { ahead: number | null }) {
  const { w } = useRunWords();
  const format = useFormat();
  if (ahead === null) return w.waitsForSlot;
  return ahead >= AHEAD_MAX ? w.aheadMany(format.number(AHEAD_MAX)) : w.ahead(ahead);
}
