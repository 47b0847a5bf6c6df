/** All workflows, as a table or a grid. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo, useRef, useState } from "react";
import { Link } from "wouter";
import { workflowsQuery } from "../api/queries.ts";
import type { Workflow } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { useBatches } from "../live/live.tsx";
import { usePage } from "../shell/page.tsx";
import { SearchField } from "../tasks/filters.tsx";
import { Icon } from "../ui/icons.tsx";
import { Empty, LoadError, Loading } from "../ui/states.tsx";
import { useUrlState } from "../ui/url-state.ts";
import { useWorkflowWords } from "./words.ts";
import { WorkflowGrid, WorkflowTable } from "./workflow-lists.tsx";

const DeleteDialog = lazy(() => import("./delete-dialog.tsx"));

const DEFAULTS = { q: "", status: "", sort: "-updated_at", view: "" };
const VIEW = "flusso.workflows.view";
type View = "table" | "grid";

/** As it was chosen last in this browser. */
function rememberedView(): View {
  try {
    return localStorage.getItem(VIEW) === "grid" ? "grid" : "table";
  } catch {
    return "table";
  }
}

function rememberView(view: View): void {
  try {
    localStorage.setItem(VIEW, view);
  } catch {
    // It is in the URL all the same.
  }
}

export default function WorkflowsPage() {
  const t = useT();
  const w = useWorkflowWords();
  const heading = useRef<HTMLHeadingElement>(null);
  usePage(t.nav.workflows, heading);
  const [state, change] = useUrlState(DEFAULTS);
  const { q, status, sort } = state;
  const view: string = state.view || rememberedView();
  const filters = useMemo(() => ({ q, status, sort }), [q, status, sort]);
  const [deleting, setDeleting] = useState<Workflow | null>(null);
  const result = useInfiniteQuery(workflowsQuery(filters));
  useBatches((batch) => {
    if (batch.runs.length > 0 && !result.isFetching) void result.refetch();
  });
  const workflows = result.data?.pages.flatMap((page) => page.items) ?? [];
  const choose = (next: View) => {
    rememberView(next);
    change({ view: next });
  };
  const List = view === "grid" ? WorkflowGrid : WorkflowTable;
  return (
    <>
      <header className="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {t.nav.workflows}
        </h1>
        <Link className="button primary" href="/workflows/new">
          <Icon name="plus" /> {t.workflows.new}
        </Link>
      </header>
      <search className="filters">
        <SearchField
          label={t.workflows.searchLabel}
          value={q}
          onChange={(text) => change({ q: text }, "replace")}
        />
        <label>
          <span>{t.workflows.status}</span>
          <select value={status} onChange={(event) => change({ status: event.target.value })}>
            <option value="">{t.runs.anyStatus}</option>
            <option value="Draft">{t.status.Draft}</option>
            <option value="Active">{t.status.Active}</option>
            <option value="Paused">{t.status.Paused}</option>
          </select>
        </label>
        <label>
          <span>{t.workflows.order}</span>
          <select value={sort} onChange={(event) => change({ sort: event.target.value })}>
            <option value="-updated_at">{t.workflows.byUpdated}</option>
            <option value="name">{t.workflows.byName}</option>
          </select>
        </label>
        <fieldset className="tabs" aria-label={t.workflows.view}>
          <button type="button" aria-pressed={view !== "grid"} onClick={() => choose("table")}>
            {t.workflows.table}
          </button>
          <button type="button" aria-pressed={view === "grid"} onClick={() => choose("grid")}>
            {t.workflows.grid}
          </button>
        </fieldset>
      </search>
      {result.isError && <LoadError error={result.error} shownSince={result.dataUpdatedAt} />}
      {result.isPending && <Loading lines={4} />}
      {workflows.length > 0 && <List workflows={workflows} onDelete={setDeleting} />}
      {result.data && workflows.length === 0 && (
        <NoWorkflows
          filtered={Boolean(q || status)}
          clear={() => change({ ...DEFAULTS, view: state.view })}
        />
      )}
      {result.hasNextPage && (
        <p className="row">
          <button
            type="button"
            disabled={result.isFetchingNextPage}
            onClick={() => void result.fetchNextPage()}
          >
            {w.showMore}
          </button>
        </p>
      )}
      {deleting && (
        <Suspense fallback={null}>
          <DeleteDialog
            workflow={deleting}
            onClose={() => setDeleting(null)}
            onDeleted={() => heading.current?.focus()}
          />
        </Suspense>
      )}
    </>
  );
}

function NoWorkflows({ filtered, clear }: { filtered: boolean; clear: () => void }) {
  const t = useT();
  return (
    <Empty>
      <p>{filtered ? t.workflows.emptyFiltered : t.workflows.empty}</p>
      {filtered && (
        <button type="button" onClick={clear}>
          {t.tasks.clear}
        </button>
      )}
    </Empty>
  );
}
