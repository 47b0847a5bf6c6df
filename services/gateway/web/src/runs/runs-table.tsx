/** Runs as a live table: each row is one link. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { type RunFilters, runsQuery } from "../api/queries.ts";
import type { Run } from "../api/types.ts";
import { useFormat, useT } from "../i18n/i18n.tsx";
import { useTopics } from "../live/live.tsx";
import { Empty, LoadError, Loading } from "../ui/states.tsx";
import { StatusBadge } from "../ui/status.tsx";
import { UserText } from "../ui/text.tsx";
import { Duration, RelativeTime } from "../ui/time.tsx";
import { useHeldList } from "./held-list.ts";

interface Props {
  filters: RunFilters;
  withWorkflow: boolean;
  filtered: boolean;
  clear: () => void;
}

export function RunsTable({ filters, withWorkflow, filtered, clear }: Props) {
  const t = useT();
  useTopics("runs");
  const result = useInfiniteQuery(runsQuery(filters));
  const runs = result.data?.pages.flatMap((page) => page.items) ?? [];
  const { element, rows, fresh, showFresh } = useHeldList(runs, JSON.stringify(filters));
  if (result.isPending) return <Loading lines={4} />;
  return (
    <>
      {result.isError && <LoadError error={result.error} shownSince={result.dataUpdatedAt} />}
      {fresh > 0 && (
        <button
          type="button"
          className="pill"
          data-show-new
          aria-keyshortcuts="n"
          onClick={showFresh}
        >
          {t.runs.newRuns(fresh)} - {t.tasks.show}
        </button>
      )}
      {runs.length === 0 && !result.isError ? (
        <Empty>
          <p>{filtered ? t.runs.emptyFiltered : t.runs.empty}</p>
          {filtered && (
            <button type="button" onClick={clear}>
              {t.tasks.clear}
            </button>
          )}
        </Empty>
      ) : (
        <div ref={element} className="wide runs" aria-busy={result.isFetching}>
          <table>
            <thead>
              <tr>
                {withWorkflow && <th scope="col">{t.runs.workflow}</th>}
                {!withWorkflow && <th scope="col">{t.runs.started}</th>}
                <th scope="col">{t.runs.status}</th>
                {withWorkflow && <th scope="col">{t.runs.started}</th>}
                <th scope="col">{t.runs.duration}</th>
                <th scope="col">{t.runs.trigger}</th>
                <th scope="col">{t.runs.error}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((run) => (
                <RunRow key={run.id} run={run} withWorkflow={withWorkflow} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {result.hasNextPage && (
        <p className="row">
          <button
            type="button"
            disabled={result.isFetchingNextPage}
            onClick={() => void result.fetchNextPage()}
          >
            {t.common.showOlder}
          </button>
        </p>
      )}
    </>
  );
}

function RunRow({ run, withWorkflow }: { run: Run; withWorkflow: boolean }) {
  const t = useT();
  const format = useFormat();
  const started = run.started_at ? <RelativeTime time={run.started_at} /> : t.runs.notStarted;
  const link = (
    <Link className="row-link" href={`/runs/${run.id}`}>
      {withWorkflow ? <UserText text={run.workflow_name} /> : started}
      <span className="visually-hidden">
        , {t.status[run.status]}
        {run.started_at && `, ${format.exact(run.started_at)}`}
      </span>
    </Link>
  );
  return (
    <tr data-run-id={run.id}>
      {withWorkflow && <td className="text">{link}</td>}
      {!withWorkflow && <td>{link}</td>}
      <td>
        <StatusBadge status={run.status} />
      </td>
      {withWorkflow && <td>{started}</td>}
      <td>{run.started_at && <Duration of={run} />}</td>
      <td>{triggerName(t.triggers, run.trigger)}</td>
      <td className="text error-text">{run.error && <UserText text={run.error.message} />}</td>
    </tr>
  );
}

export function triggerName(names: Record<string, string>, trigger: string): string {
  return names[trigger] ?? trigger;
}
