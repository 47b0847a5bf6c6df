/** The runs of one workflow: start time, duration and status of each. */
import { useQuery } from "@tanstack/react-query";
import { useMemo, useRef } from "react";
import { Link } from "wouter";
import { workflowQuery } from "../api/queries.ts";
import { useT } from "../i18n/i18n.tsx";
import { usePage } from "../shell/page.tsx";
import { isMissing, LoadError } from "../ui/states.tsx";
import { UserText } from "../ui/text.tsx";
import { useUrlState } from "../ui/url-state.ts";
import { RunButton } from "../workflows/run-dialog.tsx";
import { RunFilterBar } from "./run-filters.tsx";
import { RunsTable } from "./runs-table.tsx";

const DEFAULTS = { status: "", trigger: "", q: "" };

export default function HistoryPage({ id }: { id: string }) {
  const t = useT();
  const workflow = useQuery(workflowQuery(id));
  const heading = useRef<HTMLHeadingElement>(null);
  usePage(t.runs.history, heading);
  const [state, change] = useUrlState(DEFAULTS);
  const filters = useMemo(() => ({ ...state, workflow_id: id }), [state, id]);
  return (
    <>
      <header className="page-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {t.runs.history}
          </h1>
          {workflow.data && (
            <Link href={`/workflows/${id}`}>
              <UserText text={workflow.data.name} />
            </Link>
          )}
        </div>
        {workflow.data && <RunButton workflow={workflow.data} />}
      </header>
      {workflow.isError && !isMissing(workflow.error) && <LoadError error={workflow.error} />}
      {isMissing(workflow.error) ? (
        <p>{t.workflows.missing}</p>
      ) : (
        <>
          <RunFilterBar filters={filters} change={change} withWorkflow={false} />
          <RunsTable
            filters={filters}
            withWorkflow={false}
            filtered={Boolean(state.status || state.trigger)}
            clear={() => change(DEFAULTS)}
          />
        </>
      )}
    </>
  );
}
