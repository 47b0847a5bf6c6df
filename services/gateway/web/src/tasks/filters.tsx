/** Search and filters of the task lists; their state is the URL's. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { type TaskFilters, workflowChoicesQuery } from "../api/queries.ts";
import { useT } from "../i18n/i18n.tsx";
import { withoutHidden } from "../ui/bidi.ts";
import { FilterMore } from "../ui/filter-more.tsx";

export const NO_FILTERS = { q: "", workflow_id: "", kind: "", assignee: "", overdue: "" };
export const DEFAULTS = { status: "pending", sort: "", ...NO_FILTERS };

/** Waiting tasks begin with the oldest, history with the newest and without a thought of due dates. */
export function filtersOf(state: typeof DEFAULTS): TaskFilters {
  const sort = sortOf(state.sort);
  if (state.status === "decided") {
    const known = sort === null || sort === "due" ? "newest" : sort;
    return { ...state, status: "decided", sort: known, overdue: "" };
  }
  const overdue = state.overdue === "true" ? "true" : "";
  return { ...state, status: "pending", sort: sort ?? "oldest", overdue };
}

/** The order of that name, or null if there is none. */
function sortOf(name: string): TaskFilters["sort"] | null {
  return name === "oldest" || name === "newest" || name === "due" ? name : null;
}

type Change = (part: Partial<TaskFilters>, how?: "push" | "replace") => void;

export function TaskFilterBar({ filters, change }: { filters: TaskFilters; change: Change }) {
  const t = useT();
  const workflows = useQuery(workflowChoicesQuery);
  const pending = filters.status === "pending";
  const { workflow_id, kind, assignee, overdue } = filters;
  const active = Boolean(workflow_id || kind || assignee || overdue);
  return (
    <search className="filters">
      <SearchField
        label={t.tasks.searchLabel}
        value={filters.q}
        onChange={(q) => change({ q }, "replace")}
      />
      <FilterMore active={active}>
        <label>
          <span>{t.tasks.workflow}</span>
          <select
            value={filters.workflow_id}
            onChange={(event) => change({ workflow_id: event.target.value })}
          >
            <option value="">{t.tasks.anyWorkflow}</option>
            {workflows.data?.items.map((workflow) => (
              <option key={workflow.id} value={workflow.id}>
                {withoutHidden(workflow.name)}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span>{t.tasks.kind}</span>
          <select value={filters.kind} onChange={(event) => change({ kind: event.target.value })}>
            <option value="">{t.tasks.anyKind}</option>
            <option value="approval">{t.kinds.approval}</option>
            <option value="manual_input">{t.kinds.manual_input}</option>
          </select>
        </label>
        <label>
          <span>{t.tasks.sort}</span>
          <select
            value={filters.sort}
            onChange={(event) => change({ sort: sortOf(event.target.value) ?? "oldest" })}
          >
            <option value="oldest">{t.tasks.oldest}</option>
            <option value="newest">{t.tasks.newest}</option>
            {pending && <option value="due">{t.tasks.dueFirst}</option>}
          </select>
        </label>
        <div className="checks">
          <label className="check">
            <input
              type="checkbox"
              checked={filters.assignee === "me"}
              onChange={(event) => change({ assignee: event.target.checked ? "me" : "" })}
            />
            <span>{t.tasks.mine}</span>
          </label>
          {pending && (
            <label className="check">
              <input
                type="checkbox"
                checked={filters.overdue === "true"}
                onChange={(event) => change({ overdue: event.target.checked ? "true" : "" })}
              />
              <span>{t.tasks.onlyOverdue}</span>
            </label>
          )}
        </div>
      </FilterMore>
    </search>
  );
}

/** While typing waits a person's pause, so that one request is sent per word and not per letter. */
const TYPING_MS = 200;

interface SearchProps {
  label: string;
  value: string;
  onChange: (text: string) => void;
}

export function SearchField({ label, value, onChange }: SearchProps) {
  const [text, setText] = useState(value);
  const latest = useRef(onChange);
  const told = useRef(value);
  useEffect(() => {
    latest.current = onChange;
  });
  useEffect(() => {
    // The URL changed by other means than this field: going back, or clearing the filters.
    if (value === told.current) return;
    told.current = value;
    setText(value);
  }, [value]);
  useEffect(() => {
    if (text === told.current) return;
    const timer = window.setTimeout(() => {
      told.current = text;
      latest.current(text);
    }, TYPING_MS);
    return () => window.clearTimeout(timer);
  }, [text]);
  return (
    <label className="search-field">
      <span>{label}</span>
      <input
        type="search"
        dir="auto"
        value={text}
        aria-keyshortcuts="/"
        data-page-search
        onChange={(event) => setText(event.target.value)}
      />
    </label>
  );
}
