/** The first page: what waits for a person first, then how today's runs went. */
import { useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { Link } from "wouter";
import { dashboardQuery } from "../api/queries.ts";
import type { Dashboard, FailingWorkflow, RunStatus } from "../api/types.ts";
import { useFormat, useT } from "../i18n/i18n.tsx";
import { useTopics } from "../live/live.tsx";
import { RunLines } from "../runs/run-lines.tsx";
import { usePage } from "../shell/page.tsx";
import { titleOf } from "../tasks/card-head.tsx";
import { useNow } from "../ui/clock.ts";
import { LoadError, Loading } from "../ui/states.tsx";
import { StatusBadge } from "../ui/status.tsx";
import { UserText } from "../ui/text.tsx";
import { RelativeTime } from "../ui/time.tsx";
import { LastWeek } from "./last-week.tsx";

const FIGURES: RunStatus[] = ["Completed", "Failed", "Running", "Waiting"];

export default function DashboardPage() {
  const t = useT();
  const heading = useRef<HTMLHeadingElement>(null);
  usePage(t.nav.dashboard, heading);
  useTopics("runs");
  const dashboard = useQuery(dashboardQuery);
  return (
    <>
      <header className="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {t.nav.dashboard}
        </h1>
      </header>
      {dashboard.isError && (
        <LoadError error={dashboard.error} shownSince={dashboard.dataUpdatedAt} />
      )}
      {dashboard.isPending && <Loading lines={4} />}
      {dashboard.data && <Tiles dashboard={dashboard.data} />}
    </>
  );
}

function Tiles({ dashboard }: { dashboard: Dashboard }) {
  const t = useT();
  return (
    <div className="stack">
      {dashboard.pending > 0 ? (
        <PendingActions dashboard={dashboard} />
      ) : (
        <p className="muted">{t.dashboard.quiet}</p>
      )}
      <div className="tiles">
        <section className="card" aria-labelledby="today">
          <h2 id="today">{t.dashboard.today}</h2>
          <div className="figures">
            {FIGURES.map((status) => (
              <Figure key={status} status={status} count={dashboard.today[status] ?? 0} />
            ))}
          </div>
        </section>
        <LastWeek />
        <section className="card" aria-labelledby="failing">
          <h2 id="failing">{t.dashboard.failing}</h2>
          <Failing workflows={dashboard.failing_workflows} />
        </section>
        <section className="card" aria-labelledby="recent">
          <h2 id="recent">{t.dashboard.recent}</h2>
          {dashboard.recent_runs.length === 0 ? (
            <p className="muted">{t.dashboard.noRuns}</p>
          ) : (
            <RunLines runs={dashboard.recent_runs} />
          )}
        </section>
      </div>
    </div>
  );
}

function PendingActions({ dashboard }: { dashboard: Dashboard }) {
  const t = useT();
  const format = useFormat();
  const time = useNow();
  const [oldest] = dashboard.oldest;
  return (
    <section className="card pending-card" aria-labelledby="pending-actions">
      <h2 id="pending-actions">{t.dashboard.pendingActions}</h2>
      <p>
        <span className="figure" data-pending-count>
          {format.number(dashboard.pending)}
        </span>{" "}
        {t.dashboard.waiting(dashboard.pending)}
      </p>
      {oldest && (
        <p className="muted">{t.dashboard.oldest(format.waited(oldest.created_at, time))}</p>
      )}
      <ul className="plain lines">
        {dashboard.oldest.map((task) => (
          <li key={task.id}>
            <Link className="grow" href={`/tasks/${task.id}`}>
              <UserText text={titleOf(task)} />
            </Link>
            <span className="muted small">
              <UserText text={task.workflow_name} />
            </span>
          </li>
        ))}
      </ul>
      <Link className="button primary" href="/tasks">
        {t.dashboard.viewTasks}
      </Link>
    </section>
  );
}

function Figure({ status, count }: { status: RunStatus; count: number }) {
  const format = useFormat();
  return (
    <Link href={`/monitor?status=${status}`}>
      <span className="figure">{format.number(count)}</span>
      <StatusBadge status={status} />
    </Link>
  );
}

function Failing({ workflows }: { workflows: FailingWorkflow[] }) {
  const t = useT();
  if (workflows.length === 0) return <p className="muted">{t.dashboard.noFailures}</p>;
  return (
    <ul className="plain lines">
      {workflows.map((workflow) => (
        <li key={workflow.workflow_id}>
          <Link className="grow" href={`/workflows/${workflow.workflow_id}/runs?status=Failed`}>
            <UserText text={workflow.workflow_name} />
          </Link>
          <span className="muted small">
            {t.dashboard.failures(workflow.failed)}, {t.dashboard.lastFailure}{" "}
            <RelativeTime time={workflow.last_failed_at} />
          </span>
          {workflow.last_error && (
            <span className="error-text">
              <UserText text={workflow.last_error.message} />
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}
