/** Decided tasks: who decided what, and when. */
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import { type TaskFilters, tasksQuery } from "../api/queries.ts";
import type { Task } from "../api/types.ts";
import { useFormat, useT } from "../i18n/i18n.tsx";
import { useBatches } from "../live/live.tsx";
import { withoutHidden } from "../ui/bidi.ts";
import { Empty, LoadError, Loading } from "../ui/states.tsx";
import { UserText } from "../ui/text.tsx";
import { RelativeTime } from "../ui/time.tsx";
import { titleOf } from "./card-head.tsx";
import { tasksOf } from "./inbox.ts";
import { runEndText } from "./receipt.tsx";

interface Props {
  filters: TaskFilters;
  filtered: boolean;
  clear: () => void;
}

export function History({ filters, filtered, clear }: Props) {
  const t = useT();
  const queries = useQueryClient();
  const result = useInfiniteQuery(tasksQuery(filters));
  useBatches((batch) => {
    if (batch.settled.length > 0) void queries.invalidateQueries({ queryKey: ["tasks", filters] });
  });
  if (result.isPending) return <Loading lines={4} />;
  const tasks = tasksOf(result.data);
  return (
    <>
      {result.isError && <LoadError error={result.error} shownSince={result.dataUpdatedAt} />}
      {tasks.length === 0 && !result.isError && (
        <Empty>
          <p>{filtered ? t.tasks.emptyFiltered : t.tasks.emptyHistory}</p>
          {filtered && (
            <button type="button" onClick={clear}>
              {t.tasks.clear}
            </button>
          )}
        </Empty>
      )}
      <ul className="plain history">
        {tasks.map((task) => (
          <li key={task.id} className="card compact">
            <HistoryLine task={task} />
          </li>
        ))}
      </ul>
      {result.hasNextPage && (
        <button
          type="button"
          disabled={result.isFetchingNextPage}
          onClick={() => void result.fetchNextPage()}
        >
          {t.common.showOlder}
        </button>
      )}
    </>
  );
}

function HistoryLine({ task }: { task: Task }) {
  const t = useT();
  const format = useFormat();
  const { decision } = task;
  return (
    <>
      <h2 className="card-title">
        <Link href={`/tasks/${task.id}`}>
          <UserText text={titleOf(task)} />
        </Link>
      </h2>
      <p className="card-origin">
        <UserText text={task.workflow_name} />
        <UserText text={task.step_name} />
      </p>
      {decision ? (
        <p dir="auto">
          {t.tasks.decidedBy(decision.outcome, withoutHidden(decision.by))}
          {", "}
          <RelativeTime time={decision.at} />
        </p>
      ) : (
        <p>{t.tasks.closedUndecided}</p>
      )}
      {task.closed_reason && (
        <p className="muted" dir="auto">
          {runEndText(t, format, task)}
        </p>
      )}
      {decision?.comment && (
        <p className="muted">
          <UserText text={decision.comment} />
        </p>
      )}
    </>
  );
}
