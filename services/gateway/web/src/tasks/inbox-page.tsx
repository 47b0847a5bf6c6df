/** The Tasks page: what waits for a person, oldest first; and what was decided. */
import { useCallback, useMemo, useRef, useState } from "react";
import { Link } from "wouter";
import { PAGES_MAX, type TaskFilters } from "../api/queries.ts";
import { useFormat, useT } from "../i18n/i18n.tsx";
import { usePage } from "../shell/page.tsx";
import { Empty, LoadError, Loading } from "../ui/states.tsx";
import { useUrlState } from "../ui/url-state.ts";
import { ContextPanel } from "./context-panel.tsx";
import { hasDraft } from "./drafts.ts";
import { Feed } from "./feed.tsx";
import { DEFAULTS, filtersOf, NO_FILTERS, TaskFilterBar } from "./filters.tsx";
import { History } from "./history.tsx";
import { useArrivals } from "./use-arrivals.ts";
import { useInbox } from "./use-inbox.ts";

export default function InboxPage() {
  const t = useT();
  const [state, change] = useUrlState(DEFAULTS);
  const heading = useRef<HTMLHeadingElement>(null);
  usePage(t.nav.tasks, heading);
  const filters = useMemo(() => filtersOf(state), [state]);
  const { q, workflow_id, kind, assignee, overdue } = filters;
  const filtered = Boolean(q || workflow_id || kind || assignee || overdue);
  const clear = () => change(NO_FILTERS);
  return (
    <>
      <header className="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {t.nav.tasks}
        </h1>
        <nav className="tabs" aria-label={t.tasks.views}>
          <Link href="/tasks" aria-current={filters.status === "pending" ? "page" : undefined}>
            {t.tasks.pendingTab}
          </Link>
          <Link
            href="/tasks?status=decided"
            aria-current={filters.status === "decided" ? "page" : undefined}
          >
            {t.tasks.historyTab}
          </Link>
        </nav>
      </header>
      <TaskFilterBar filters={filters} change={change} />
      {filters.status === "decided" ? (
        <History filters={filters} filtered={filtered} clear={clear} />
      ) : (
        <Pending
          key={JSON.stringify(filters)}
          filters={filters}
          filtered={filtered}
          clear={clear}
          toNewest={() => change({ sort: "newest" })}
          heading={heading}
        />
      )}
    </>
  );
}

interface PendingProps {
  filters: TaskFilters;
  filtered: boolean;
  clear: () => void;
  toNewest: () => void;
  heading: React.RefObject<HTMLHeadingElement | null>;
}

function Pending({ filters, filtered, clear, toNewest, heading }: PendingProps) {
  const t = useT();
  const format = useFormat();
  const held = useRef(new Set<string>());
  const [activeId, setActiveId] = useState<string | null>(null);
  const isHeld = useCallback(
    (id: string) =>
      held.current.has(id) ||
      hasDraft(id) ||
      document.activeElement?.closest(`[data-task-id="${CSS.escape(id)}"]`) != null,
    [],
  );
  const { result, tasks, total, arrived, change, showNew } = useInbox(filters, isHeld);
  useArrivals(!filtered);
  const loadMore = useCallback(() => void result.fetchNextPage(), [result.fetchNextPage]);
  if (result.isPending) return <Loading lines={4} />;
  const full = (result.data?.pages.length ?? 0) >= PAGES_MAX;
  return (
    <>
      {result.isError && (
        <LoadError
          error={result.error}
          retry={() => void result.refetch()}
          shownSince={result.dataUpdatedAt}
        />
      )}
      {total !== null && total > 0 && (
        <p className="muted small list-total">{t.tasks.total(format.number(total))}</p>
      )}
      {arrived > 0 && (
        <button
          type="button"
          className="pill"
          data-show-new
          aria-keyshortcuts="n"
          onClick={() => void showNew()}
        >
          {t.tasks.newTasks(arrived)} - {t.tasks.show}
        </button>
      )}
      {tasks.length === 0 && !result.isError ? (
        <NoTasks filtered={filtered} clear={clear} />
      ) : (
        <div className="inbox">
          <Feed
            activeId={activeId}
            onActive={setActiveId}
            tasks={tasks}
            total={total}
            busy={result.isFetching}
            hasMore={result.hasNextPage}
            loadMore={loadMore}
            change={change}
            heading={heading}
            held={held}
          />
          <ContextPanel task={tasks.find((task) => task.id === activeId)} />
        </div>
      )}
      {result.isFetchingNextPage && <p className="muted">{t.tasks.loadMore}</p>}
      {full && (
        <p className="notice">
          {t.tasks.narrow}{" "}
          <button type="button" onClick={toNewest}>
            {t.tasks.newest}
          </button>
        </p>
      )}
    </>
  );
}

function NoTasks({ filtered, clear }: { filtered: boolean; clear: () => void }) {
  const t = useT();
  if (filtered) {
    return (
      <Empty>
        <p>{t.tasks.emptyFiltered}</p>
        <button type="button" onClick={clear}>
          {t.tasks.clear}
        </button>
      </Empty>
    );
  }
  return (
    <Empty>
      <p>{t.tasks.empty}</p>
      <Link className="button" href="/tasks?status=decided">
        {t.tasks.viewHistory}
      </Link>
    </Empty>
  );
}
