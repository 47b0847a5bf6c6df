/** Runs below each other on one axis of time, workflow by workflow, each with its steps. Scrolls and zooms by itself. */
import { type KeyboardEvent, useId, useRef } from "react";
import { Link } from "wouter";
import type { StepStatus } from "../api/types.ts";
import type { Timeline, TimelineStep } from "../gen/api.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { shownZone } from "../i18n/preferences.ts";
import { useWidth } from "../monitor/figure.tsx";
import { useMonitorWords } from "../monitor/words.ts";
import { useNow } from "../ui/clock.ts";
import { StatusBadge } from "../ui/status.tsx";
import { UserText } from "../ui/text.tsx";
import { ClockTime, Duration } from "../ui/time.tsx";
import { barOf, type Group, markText, placed, timeMarks, type Window } from "./layout.ts";

export const ZOOMS = [1, 2, 4, 8, 16, 32];
const LABEL_WIDTH = 220;
/** On small screens the time and the status lie below each other. */
const NARROW_LABEL_WIDTH = 130;
const NARROW_MAX = 640;
const MARK_WIDTH = 80;
const MARK_TEXT_WIDTH = 60;
const LANE = 12;
const PADDING = 6;
const SLIVER = 2;
const TONES: Record<StepStatus, string> = {
  Queued: "muted",
  Running: "accent",
  Waiting: "warn",
  Retrying: "warn",
  Completed: "ok",
  Failed: "danger",
  Skipped: "muted",
  Cancelled: "muted",
};

interface GanttProps {
  groups: Group[];
  hours: number;
  zoom: number;
  setZoom: (zoom: number) => void;
}

export function Gantt({ groups, hours, zoom, setZoom }: GanttProps) {
  const { w } = useMonitorWords();
  const { language } = useI18n();
  const { element, width } = useWidth();
  const scroller = useRef<HTMLElement>(null);
  const hint = useId();
  const now = useNow();
  const window = { start: now - hours * 3_600_000, end: now };
  const narrow = width < NARROW_MAX;
  const drawn = Math.max(0, width - (narrow ? NARROW_LABEL_WIDTH : LABEL_WIDTH)) * zoom;
  const press = (event: KeyboardEvent) => {
    const step = { "+": 1, "=": 1, "-": -1 }[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const next = ZOOMS[ZOOMS.indexOf(zoom) + step];
    if (next) setZoom(next);
  };
  const zone = shownZone();
  const marks = timeMarks(window, Math.floor(drawn / MARK_WIDTH), zone);
  const textOf = markText(language, zone);
  // What would be cut off at the end is left out; its line stays.
  const readable = marks.filter((time) => (1 - placeOf(time, window)) * drawn >= MARK_TEXT_WIDTH);
  return (
    <div ref={element} className="gantt-frame">
      <p id={hint} className="visually-hidden">
        {w.keysHint}
      </p>
      <section
        ref={scroller}
        className={narrow ? "gantt narrow" : "gantt"}
        aria-label={w.timelinesIntro}
        aria-describedby={hint}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is scrolled and zoomed by keyboard
        tabIndex={0}
        onKeyDown={press}
      >
        <div className="gantt-row gantt-axis" aria-hidden="true">
          <span className="gantt-label" />
          <svg width={drawn} height={24} aria-hidden="true">
            {readable.map((time) => (
              <text key={time} className="axis" x={placeOf(time, window) * drawn} y={16}>
                {textOf(time)}
              </text>
            ))}
          </svg>
        </div>
        {groups.map((group) => (
          <div key={group.id} className="gantt-group">
            <h2 className="gantt-name">
              <Link href={`/workflows/${group.id}/runs`}>
                <UserText text={group.name} />
              </Link>
            </h2>
            {group.runs.map((run) => (
              <RunRow
                key={run.id}
                run={run}
                window={window}
                width={drawn}
                marks={marks}
                now={now}
              />
            ))}
          </div>
        ))}
      </section>
    </div>
  );
}

function placeOf(time: number, { start, end }: Window): number {
  return (time - start) / (end - start);
}

interface RunRowProps {
  run: Timeline;
  window: Window;
  width: number;
  marks: number[];
  now: number;
}

function RunRow({ run, window, width, marks, now }: RunRowProps) {
  const { t, format } = useI18n();
  const steps = placed(run.steps, window, now);
  const lanes = 1 + Math.max(0, ...steps.map(({ lane }) => lane));
  const height = 2 * PADDING + lanes * LANE;
  const whole = barOf(run, window, now);
  return (
    <div className="gantt-row" data-run-id={run.id}>
      <span className="gantt-label small">
        <Link href={`/runs/${run.id}`} title={format.exact(run.started_at)}>
          <ClockTime time={run.started_at} />
        </Link>
        <StatusBadge status={run.status} />
      </span>
      <svg width={width} height={Math.max(28, height)} aria-hidden="true">
        {marks.map((time) => (
          <line
            key={time}
            className="grid-line"
            x1={placeOf(time, window) * width}
            x2={placeOf(time, window) * width}
            y1={0}
            y2="100%"
          />
        ))}
        {whole && (
          <rect
            className="gantt-run"
            x={whole.from * width}
            y={PADDING - 2}
            width={Math.max(SLIVER, (whole.to - whole.from) * width)}
            height={lanes * LANE + 2}
            rx={3}
          >
            <title>{`${t.status[run.status]}, ${format.exact(run.started_at)}`}</title>
          </rect>
        )}
        {steps.map(({ step, bar, lane }) => (
          <rect
            key={`${step.node}/${step.started_at}`}
            className={`fill-${TONES[step.status] ?? "muted"}`}
            x={bar.from * width}
            y={PADDING + lane * LANE}
            width={Math.max(SLIVER, (bar.to - bar.from) * width)}
            height={LANE - 2}
            rx={2}
          >
            <StepTitle step={step} now={now} />
          </rect>
        ))}
      </svg>
    </div>
  );
}

function StepTitle({ step, now }: { step: TimelineStep; now: number }) {
  const { t, format } = useI18n();
  const { w } = useMonitorWords();
  const ended = step.finished_at === null ? now : Date.parse(step.finished_at);
  const took = format.duration(Math.max(0, ended - Date.parse(step.started_at)));
  const status = t.status[step.status] ?? step.status;
  return <title>{w.stepBar(step.name, status, format.exact(step.started_at), took)}</title>;
}

/** The same as words: who cannot see bars reads when each step ran. */
export function TimelineTable({ groups }: { groups: Group[] }) {
  const { t } = useI18n();
  const { w } = useMonitorWords();
  return (
    <details className="gantt-frame">
      <summary>{w.asTable}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no pointer scrolls it by keyboard */}
      <section className="wide" tabIndex={0} aria-label={w.asTable}>
        <table>
          <thead>
            <tr>
              <th scope="col">{w.workflow}</th>
              <th scope="col">{w.step}</th>
              <th scope="col">{t.runs.status}</th>
              <th scope="col">{t.runs.started}</th>
              <th scope="col">{t.runs.duration}</th>
            </tr>
          </thead>
          <tbody>
            {groups.flatMap(({ runs }) => runs.map((run) => <RunLines key={run.id} run={run} />))}
          </tbody>
        </table>
      </section>
    </details>
  );
}

function RunLines({ run }: { run: Timeline }) {
  const { w } = useMonitorWords();
  const shown = run.steps.length;
  return (
    <>
      <tr>
        <th scope="row">
          <Link href={`/runs/${run.id}`}>
            <UserText text={run.workflow_name} />
          </Link>
        </th>
        <td className="muted">{shown < run.steps_total && w.stepsShown(shown, run.steps_total)}</td>
        <Times of={run} />
      </tr>
      {run.steps.map((step) => (
        <tr key={`${step.node}/${step.started_at}`}>
          <td />
          <td className="text">
            <UserText text={step.name} />
          </td>
          <Times of={step} />
        </tr>
      ))}
    </>
  );
}

function Times({
  of,
}: {
  of: Pick<Timeline | TimelineStep, "status" | "started_at" | "finished_at">;
}) {
  return (
    <>
      <td>
        <StatusBadge status={of.status} />
      </td>
      <td>
        <ClockTime time={of.started_at} />
      </td>
      <td>
        <Duration of={{ ...of, duration_ms: null }} />
      </td>
    </>
  );
}
