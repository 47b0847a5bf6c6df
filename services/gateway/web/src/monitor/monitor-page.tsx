/** Every run of every workflow, live; and how they fared, in charts. */
import { lazy, Suspense, useRef } from "react";
import { useT } from "../i18n/i18n.tsx";
import { RunFilterBar, WorkflowChoice } from "../runs/run-filters.tsx";
import { RunsTable } from "../runs/runs-table.tsx";
import { usePage } from "../shell/page.tsx";
import { Loading } from "../ui/states.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { useUrlState } from "../ui/url-state.ts";
import { RANGES, type Range, rangeOf, type StepKind } from "./stats.ts";
import { useMonitorWords } from "./words.ts";
import "./monitor.css";

const Charts = lazy(() => import("./charts.tsx"));

const FILTERS = { q: "", workflow_id: "", status: "", trigger: "", without_children: "" };
const VIEW = { view: "runs", range: "7", kind: "work", workflow_id: "" };

export default function MonitorPage() {
  const t = useT();
  const { w } = useMonitorWords();
  const heading = useRef<HTMLHeadingElement>(null);
  usePage(t.nav.monitor, heading);
  const [view, show] = useUrlState(VIEW);
  const tabs = [
    { key: "runs", name: w.runs },
    { key: "charts", name: w.charts },
  ] as const;
  return (
    <>
      <header className="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {t.nav.monitor}
        </h1>
        <p className="muted">{t.monitor.live}</p>
      </header>
      <Tabs
        label={w.views}
        tabs={tabs}
        shown={view.view === "charts" ? "charts" : "runs"}
        onShow={(key) => show({ view: key })}
      >
        {view.view === "charts" ? <ChartsView view={view} show={show} /> : <RunsView />}
      </Tabs>
    </>
  );
}

function RunsView() {
  const { w } = useMonitorWords();
  const [filters, change] = useUrlState(FILTERS);
  return (
    <div className="monitor-view">
      <RunFilterBar filters={filters} change={change} withWorkflow>
        <label className="check">
          <input
            type="checkbox"
            checked={filters.without_children === "true"}
            onChange={(event) => change({ without_children: event.target.checked ? "true" : "" })}
          />
          <span>{w.withoutChildren}</span>
        </label>
      </RunFilterBar>
      <RunsTable
        filters={filters}
        withWorkflow
        filtered={Object.values(filters).some((value) => value !== "")}
        clear={() => change(FILTERS)}
      />
    </div>
  );
}

interface ChartsViewProps {
  view: typeof VIEW;
  show: (part: Partial<typeof VIEW>) => void;
}

function ChartsView({ view, show }: ChartsViewProps) {
  const { w } = useMonitorWords();
  const range = rangeOf(view.range);
  return (
    <div className="monitor-view">
      <search className="filters">
        <label>
          <span>{w.range}</span>
          <select value={range} onChange={(event) => show({ range: event.target.value })}>
            {(Object.keys(RANGES) as Range[]).map((name) => (
              <option key={name} value={name}>
                {w.ranges[name]}
              </option>
            ))}
          </select>
        </label>
        <WorkflowChoice
          value={view.workflow_id}
          onChange={(workflow_id) => show({ workflow_id })}
        />
      </search>
      <Suspense fallback={<Loading lines={6} />}>
        <Charts
          range={range}
          workflowId={view.workflow_id}
          kind={view.kind === "people" || view.kind === "time" ? view.kind : "work"}
          chooseKind={(kind: StepKind) => show({ kind })}
        />
      </Suspense>
    </div>
  );
}
