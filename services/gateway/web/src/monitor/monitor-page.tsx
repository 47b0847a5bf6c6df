/** Every run of every workflow, live. */
import { useRef } from "react";
import { useT } from "../i18n/i18n.tsx";
import { RunFilterBar } from "../runs/run-filters.tsx";
import { RunsTable } from "../runs/runs-table.tsx";
import { usePage } from "../shell/page.tsx";
import { useUrlState } from "../ui/url-state.ts";

const DEFAULTS = { q: "", workflow_id: "", status: "", trigger: "" };

export default function MonitorPage() {
  const t = useT();
  const heading = useRef<HTMLHeadingElement>(null);
  usePage(t.nav.monitor, heading);
  const [filters, change] = useUrlState(DEFAULTS);
  return (
    <>
      <header className="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {t.nav.monitor}
        </h1>
        <p className="muted">{t.monitor.live}</p>
      </header>
      <RunFilterBar filters={filters} change={change} withWorkflow />
      <RunsTable
        filters={filters}
        withWorkflow
        filtered={Object.values(filters).some((value) => value !== "")}
        clear={() => change(DEFAULTS)}
      />
    </>
  );
}
