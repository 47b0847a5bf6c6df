/** When each step ran: the last hours of every workflow, and what is active, as bars on one axis of time. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useRef } from "react";
import type { Timeline } from "../gen/api.ts";
import { useT } from "../i18n/i18n.tsx";
import { useTopics } from "../live/live.tsx";
import { timelinesQuery } from "../monitor/stats.ts";
import { useMonitorWords } from "../monitor/words.ts";
import { WorkflowChoice } from "../runs/run-filters.tsx";
import { usePage } from "../shell/page.tsx";
import { Empty, LoadError, Loading } from "../ui/states.tsx";
import { useUrlState } from "../ui/url-state.ts";
import { Gantt, TimelineTable, ZOOMS } from "./gantt.tsx";
import { grouped } from "./layout.ts";
import "../monitor/monitor.css";
import "./timelines.css";

const DEFAULTS = { workflow_id: "", hours: "24", zoom: "1", active: "" };
const HOURS = ["1", "6", "24", "72"] as const;

export default function TimelinesPage() {
  const t = useT();
  const { w } = useMonitorWords();
  const heading = useRef<HTMLHeadingElement>(null);
  usePage(t.nav.timelines, heading);
  useTopics("runs");
  const [state, change] = useUrlState(DEFAULTS);
  const hours = HOURS.find((name) => name === state.hours) ?? "24";
  const zoom = ZOOMS.find((size) => String(size) === state.zoom) ?? 1;
  const result = useInfiniteQuery(timelinesQuery(Number(hours), state.workflow_id));
  const all = result.data?.pages.flatMap((page) => page.items) ?? [];
  const groups = grouped(state.active ? all.filter(isActive) : all);
  const setZoom = (size: number) => change({ zoom: String(size) }, "replace");
  return (
    <>
      <header className="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {t.nav.timelines}
        </h1>
        <p className="muted">
          {w.runsCount(all.length)}, {w.active(all.filter(isActive).length)}
        </p>
      </header>
      <search className="filters">
        <label>
          <span>{w.range}</span>
          <select value={hours} onChange={(event) => change({ hours: event.target.value })}>
            {HOURS.map((name) => (
              <option key={name} value={name}>
                {w.hours[name]}
              </option>
            ))}
          </select>
        </label>
        <WorkflowChoice
          value={state.workflow_id}
          onChange={(workflow_id) => change({ workflow_id })}
        />
        <label className="check">
          <input
            type="checkbox"
            checked={state.active === "true"}
            onChange={(event) => change({ active: event.target.checked ? "true" : "" })}
          />
          <span>{w.onlyActive}</span>
        </label>
        <Zoom zoom={zoom} setZoom={setZoom} />
      </search>
      {result.isPending && <Loading lines={5} />}
      {result.isError && <LoadError error={result.error} shownSince={result.dataUpdatedAt} />}
      {result.data && groups.length === 0 && (
        <Empty>
          <p>{w.noTimelines}</p>
        </Empty>
      )}
      {groups.length > 0 && (
        <div className="stack">
          <Gantt groups={groups} hours={Number(hours)} zoom={zoom} setZoom={setZoom} />
          <TimelineTable groups={groups} />
        </div>
      )}
      {result.hasNextPage && (
        <p className="row below">
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

function isActive(run: Timeline): boolean {
  return run.finished_at === null;
}

function Zoom({ zoom, setZoom }: { zoom: number; setZoom: (size: number) => void }) {
  const { w } = useMonitorWords();
  const place = ZOOMS.indexOf(zoom);
  const move = (step: number) => {
    const size = ZOOMS[place + step];
    if (size) setZoom(size);
  };
  return (
    <fieldset className="row">
      <legend className="visually-hidden">{w.zoom}</legend>
      <button type="button" disabled={place === 0} onClick={() => move(-1)}>
        <span aria-hidden="true">-</span>
        <span className="visually-hidden">{w.zoomOut}</span>
      </button>
      <span className="small muted">{`${zoom}x`}</span>
      <button type="button" disabled={place === ZOOMS.length - 1} onClick={() => move(1)}>
        <span aria-hidden="true">+</span>
        <span className="visually-hidden">{w.zoomIn}</span>
      </button>
    </fieldset>
  );
}
