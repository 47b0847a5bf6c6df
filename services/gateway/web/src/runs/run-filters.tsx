/** Filters of the run lists; their state is the URL's. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { type RunFilters, workflowChoicesQuery } from "../api/queries.ts";
import type { RunStatus } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { SearchField } from "../tasks/filters.tsx";
import { withoutHidden } from "../ui/bidi.ts";
import { FilterMore } from "../ui/filter-more.tsx";

const STATUSES: RunStatus[] = ["Queued", "Running", "Waiting", "Completed", "Failed", "Cancelled"];
const TRIGGERS = ["manual", "webhook", "schedule", "event", "workflow"] as const;

interface Props {
  filters: RunFilters;
  change: (part: Partial<RunFilters>, how?: "push" | "replace") => void;
  /** On pages of all workflows. */
  withWorkflow: boolean;
  /** More filters. */
  children?: ReactNode;
}

export function RunFilterBar({ filters, change, withWorkflow, children }: Props) {
  const t = useT();
  return (
    <search className="filters">
      {withWorkflow && (
        <SearchField
          label={t.monitor.searchLabel}
          value={filters.q}
          onChange={(q) => change({ q }, "replace")}
        />
      )}
      <FilterMore
        active={Boolean(
          filters.workflow_id || filters.status || filters.trigger || filters.without_children,
        )}
      >
        {withWorkflow && (
          <WorkflowChoice
            value={filters.workflow_id}
            onChange={(workflow_id) => change({ workflow_id })}
          />
        )}
        <label>
          <span>{t.runs.status}</span>
          <select
            value={filters.status}
            onChange={(event) => change({ status: event.target.value })}
          >
            <option value="">{t.runs.anyStatus}</option>
            {STATUSES.map((status) => (
              <option key={status} value={status}>
                {t.status[status]}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span>{t.runs.trigger}</span>
          <select
            value={filters.trigger}
            onChange={(event) => change({ trigger: event.target.value })}
          >
            <option value="">{t.runs.anyTrigger}</option>
            {TRIGGERS.map((trigger) => (
              <option key={trigger} value={trigger}>
                {t.triggers[trigger]}
              </option>
            ))}
          </select>
        </label>
        {children}
      </FilterMore>
    </search>
  );
}

export function WorkflowChoice({
  value,
  onChange,
}: {
  value: string;
  onChange: (id: string) => void;
}) {
  const t = useT();
  const workflows = useQuery(workflowChoicesQuery);
  return (
    <label>
      <span>{t.runs.workflow}</span>
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">{t.tasks.anyWorkflow}</option>
        {workflows.data?.items.map((workflow) => (
          <option key={workflow.id} value={workflow.id}>
            {withoutHidden(workflow.name)}
          </option>
        ))}
      </select>
    </label>
  );
}
