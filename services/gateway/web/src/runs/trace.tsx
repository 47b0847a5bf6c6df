/** The steps of a run as they happened, and one of them in detail. */
import { lazy, Suspense, useEffect, useState } from "react";
import type { RunDetail, Step } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { withoutHidden } from "../ui/bidi.ts";
import { useMoment } from "../ui/clock.ts";
import { Loading } from "../ui/states.tsx";
import { StatusBadge } from "../ui/status.tsx";
import { UserText } from "../ui/text.tsx";
import { ClockTime, Duration } from "../ui/time.tsx";
import { useUrlState } from "../ui/url-state.ts";
import { StepClock } from "./clocks.tsx";
import { StepDetail } from "./step-detail.tsx";
import { useRunWords } from "./words.ts";

const RunLog = lazy(() => import("./run-log.tsx"));
const RunGraph = lazy(() => import("../graph/run-graph.tsx"));

const DEFAULTS = { step: "", view: "trace" };

/** A node may be visited again: its key and place in the trace name one visit. */
function keyOf(step: Step, index: number): string {
  return `${step.node}.${index}`;
}

interface TraceProps {
  /** The run as it is shown, which may be the past. */
  run: RunDetail;
  live: RunDetail;
  at: number | null;
  onMove: (at: number | null) => void;
}

export function Trace({ run, live, at, onMove }: TraceProps) {
  const { w, t } = useRunWords();
  const [{ step: chosen, view }, change] = useUrlState(DEFAULTS);
  const [following, setFollowing] = useState(chosen === "");
  const index = following ? run.trace.length - 1 : indexOf(run.trace, chosen);
  const selected = run.trace[index];
  useEffect(() => {
    if (chosen !== "") setFollowing(false);
  }, [chosen]);
  const drawn = view === "graph" && run.definition !== undefined;
  const views = ["trace", ...(run.definition ? (["graph"] as const) : []), "log"] as const;
  const selectNode = (node: string) => change({ step: node }, "replace");
  return (
    <div className={`run-layout ${drawn ? "with-graph" : ""}`}>
      <section aria-labelledby="trace-title">
        <div className="row between">
          <div className="row">
            <h2 id="trace-title">{t.runs.steps}</h2>
            <fieldset className="tabs" aria-label={t.runs.view}>
              {views.map((each) => (
                <button
                  key={each}
                  type="button"
                  aria-pressed={view === each}
                  onClick={() => change({ view: each }, "replace")}
                >
                  {each === "log" ? w.log : t.runs[each]}
                </button>
              ))}
            </fieldset>
          </div>
          {!following && (
            <button
              type="button"
              className="quiet"
              onClick={() => {
                setFollowing(true);
                change({ step: "" }, "replace");
              }}
            >
              {t.runs.follow}
            </button>
          )}
        </div>
        {drawn && (
          <Suspense fallback={<Loading lines={4} />}>
            <RunGraph run={run} selected={selected?.node ?? null} onSelect={selectNode} />
          </Suspense>
        )}
        {view === "log" && (
          <Suspense fallback={<Loading lines={4} />}>
            <RunLog
              live={live}
              at={at}
              onChoose={(sequence, node) => {
                if (node !== "") selectNode(node);
                onMove(sequence);
              }}
            />
          </Suspense>
        )}
        {!drawn && view !== "log" && (
          <Steps run={run} index={index} onSelect={(key) => change({ step: key }, "replace")} />
        )}
      </section>
      <section className="step-detail" aria-label={t.runs.details}>
        {selected ? (
          <StepDetail key={keyOf(selected, index)} run={run} step={selected} />
        ) : (
          <p className="muted">{chosen !== "" && at !== null ? w.notYet : t.runs.choose}</p>
        )}
      </section>
    </div>
  );
}

/** A visit by its key, or the last visit of a node. */
function indexOf(trace: Step[], chosen: string): number {
  const exact = trace.findIndex((step, at) => keyOf(step, at) === chosen);
  return exact >= 0 ? exact : trace.findLastIndex((step) => step.node === chosen);
}

interface StepsProps {
  run: RunDetail;
  index: number;
  onSelect: (key: string) => void;
}

function Steps({ run, index, onSelect }: StepsProps) {
  const t = useT();
  if (run.trace.length === 0) return <p className="muted">{t.runs.noSteps}</p>;
  return (
    <ol className="trace">
      {run.trace.map((step, at) => (
        <li key={keyOf(step, at)}>
          <StepButton
            run={run}
            step={step}
            selected={at === index}
            onSelect={() => onSelect(keyOf(step, at))}
          />
        </li>
      ))}
    </ol>
  );
}

interface StepProps {
  run: RunDetail;
  step: Step;
  selected: boolean;
  onSelect: () => void;
}

function StepButton({ run, step, selected, onSelect }: StepProps) {
  const t = useT();
  return (
    <button
      type="button"
      className="trace-step"
      aria-pressed={selected}
      data-node={step.node}
      onClick={onSelect}
    >
      <span className="name">
        <UserText text={step.name} /> <span className="tag">{step.type}</span>
      </span>
      <StatusBadge status={step.status} />
      <span className="times">
        {step.started_at && <ClockTime time={step.started_at} />}
        {step.started_at && step.finished_at && (
          <>
            {" - "}
            <ClockTime time={step.finished_at} />
          </>
        )}
        {step.started_at && (
          <>
            {" · "}
            <Duration
              of={{ started_at: step.started_at, finished_at: step.finished_at, duration_ms: null }}
            />
          </>
        )}
        {(step.attempt ?? 1) > 1 && ` · ${t.runs.attempts(step.attempt ?? 1)}`}
      </span>
      <StepClock step={step} />
      {step.decision && (
        <span className="times" dir="auto">
          {t.tasks.decidedBy(step.decision.outcome, withoutHidden(step.decision.by))}
          {step.decision.comment && (
            <>
              : <UserText text={step.decision.comment} />
            </>
          )}
        </span>
      )}
      <Bar run={run} step={step} />
    </button>
  );
}

/** Where in the run's life this step ran; words beside it say the same. */
function Bar({ run, step }: { run: RunDetail; step: Step }) {
  const now = useMoment();
  if (!step.started_at || !run.started_at) return null;
  const start = Date.parse(run.started_at);
  const end = run.finished_at ? Date.parse(run.finished_at) : now;
  const length = Math.max(1, end - start);
  const from = Math.min(Math.max((Date.parse(step.started_at) - start) / length, 0), 0.99);
  const until = ((step.finished_at ? Date.parse(step.finished_at) : now) - start) / length;
  return (
    <svg
      className="trace-bar"
      viewBox="0 0 100 4"
      width="100%"
      height="4"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <rect
        x={from * 100}
        y="0"
        height="4"
        rx="1"
        width={Math.max(1, Math.min(until, 1) * 100 - from * 100)}
      />
    </svg>
  );
}
