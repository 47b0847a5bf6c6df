/** One run: how it stands, what it waits for, and its trace, live. */
import { useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { Link } from "wouter";
import { runQuery, taskQuery } from "../api/queries.ts";
import type { RunDetail } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { isEnded } from "../live/apply.ts";
import { useTopics } from "../live/live.tsx";
import { usePage } from "../shell/page.tsx";
import { shortId } from "../tasks/card-head.tsx";
import { StandaloneCard } from "../tasks/task-page.tsx";
import { JsonView } from "../ui/json-tree.tsx";
import { Empty, isMissing, LoadError, Loading } from "../ui/states.tsx";
import { StatusBadge } from "../ui/status.tsx";
import { UserText } from "../ui/text.tsx";
import { ClockTime, Duration, RelativeTime } from "../ui/time.tsx";
import { CancelRun } from "./cancel-run.tsx";
import { ChildRuns, ParentLine } from "./related-runs.tsx";
import { RunAgain } from "./run-again.tsx";
import { triggerName } from "./runs-table.tsx";
import { Trace } from "./trace.tsx";

export default function RunPage({ id }: { id: string }) {
  const t = useT();
  useTopics("", id);
  const run = useQuery(runQuery(id));
  const heading = useRef<HTMLHeadingElement>(null);
  usePage(t.runs.title(shortId(id)), heading);
  return (
    <>
      <header className="page-head">
        <div className="row">
          <h1 ref={heading} tabIndex={-1}>
            {t.runs.title(shortId(id))}
          </h1>
          {run.data && <StatusBadge status={run.data.status} />}
        </div>
        {run.data && (
          <div className="row">
            {isEnded(run.data.status) ? <RunAgain run={run.data} /> : <CancelRun id={id} />}
          </div>
        )}
      </header>
      {isMissing(run.error) && (
        <Empty>
          <p>{t.runs.missing}</p>
        </Empty>
      )}
      {run.isError && !isMissing(run.error) && <LoadError error={run.error} />}
      {run.isPending && <Loading lines={3} />}
      {run.data && <RunBody run={run.data} onDecided={() => heading.current?.focus()} />}
    </>
  );
}

function RunBody({ run, onDecided }: { run: RunDetail; onDecided: () => void }) {
  const t = useT();
  const open = run.trace.filter((step) => step.status === "Waiting" && step.task_id);
  const ended = isEnded(run.status);
  return (
    <>
      <Summary run={run} />
      {!ended && open.length > 0 && (
        <section className="waiting-notice" aria-labelledby="waiting-title">
          <h2 id="waiting-title">{t.runs.waitingTitle}</h2>
          {open.map((step) => (
            <WaitingTask key={step.task_id} id={step.task_id ?? ""} onDecided={onDecided} />
          ))}
        </section>
      )}
      <Trace run={run} />
      <ChildRuns run={run} />
      {ended && run.output !== null && run.output !== undefined && (
        <section className="stack" aria-labelledby="output-title">
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
  const t = useT();
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
