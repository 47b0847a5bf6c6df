/** What one step was given, brought, failed of, or was answered: each on a tab. */
import type { RunDetail, Step } from "../api/types.ts";
import { useFormat } from "../i18n/i18n.tsx";
import { JsonView } from "../ui/json-tree.tsx";
import { StatusBadge } from "../ui/status.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { UserText } from "../ui/text.tsx";
import { useUrlState } from "../ui/url-state.ts";
import { Attempts } from "./attempts.tsx";
import { StepClock } from "./clocks.tsx";
import { StepChildren } from "./related-runs.tsx";
import { AskedAndAnswered } from "./step-decision.tsx";
import { useRunWords } from "./words.ts";

const DEFAULTS = { tab: "" };
const STARTING = new Set(["for_each", "run_workflow", "emit_event"]);

type Tab = "input" | "output" | "error" | "attempts" | "decision" | "runs";

export function StepDetail({ run, step }: { run: RunDetail; step: Step }) {
  const { w, t } = useRunWords();
  const format = useFormat();
  const [{ tab }, change] = useUrlState(DEFAULTS);
  const names: Record<Tab, string> = {
    decision: w.decision,
    runs: w.runs,
    error: t.runs.error,
    output: t.runs.output,
    input: t.runs.input,
    attempts: w.attempts,
  };
  const there = tabsOf(step);
  const shown = there.find((each) => each === tab) ?? defaultTab(step, there);
  return (
    <div className="card stack">
      <div className="row between">
        <h2>
          <UserText text={step.name} />
        </h2>
        <StatusBadge status={step.status} />
      </div>
      <dl className="facts small">
        {step.started_at && (
          <>
            <dt>{t.runs.started}</dt>
            <dd>{format.exact(step.started_at)}</dd>
          </>
        )}
        {step.finished_at && (
          <>
            <dt>{t.runs.ended}</dt>
            <dd>{format.exact(step.finished_at)}</dd>
          </>
        )}
      </dl>
      <div className="clocks small">
        <StepClock step={step} />
      </div>
      <Tabs
        label={w.tabs}
        tabs={there.map((key) => ({ key, name: names[key] }))}
        shown={shown}
        onShow={(key) => change({ tab: key }, "replace")}
      >
        <Panel run={run} step={step} tab={shown} />
      </Tabs>
    </div>
  );
}

/** The error first, then what the step brought, then what it was given. */
function tabsOf(step: Step): Tab[] {
  const tabs: Tab[] = [];
  if (step.error) tabs.push("error");
  if (step.task_id || step.decision) tabs.push("decision");
  if (STARTING.has(step.type)) tabs.push("runs");
  tabs.push("output", "input");
  if (step.attempts?.length) tabs.push("attempts");
  return tabs;
}

function defaultTab(step: Step, there: Tab[]): Tab {
  if (there[0] !== "output") return there[0] ?? "output";
  return (step.output ?? null) === null && (step.input ?? null) !== null ? "input" : "output";
}

function Panel({ run, step, tab }: { run: RunDetail; step: Step; tab: Tab }) {
  switch (tab) {
    case "error":
      return <StepError step={step} />;
    case "decision":
      return <AskedAndAnswered step={step} />;
    case "runs":
      return <StepChildren run={run} step={step} />;
    case "attempts":
      return <Attempts step={step} />;
    case "input":
      return <JsonView value={step.input} name={`${step.node}-input`} />;
    case "output":
      return (
        <JsonView value={step.output} name={`${step.node}-output`} path={`${step.node}.output`} />
      );
  }
}

function StepError({ step }: { step: Step }) {
  if (!step.error) return null;
  const { details, ...plain } = step.error;
  const whole = Object.keys(details ?? {}).length > 0;
  return (
    <>
      <p className="error-text">
        <span className="mono">{plain.code}</span> <UserText text={plain.message} />
      </p>
      {whole && (
        <JsonView value={details} name={`${step.node}-error`} path={`${step.node}.error.details`} />
      )}
    </>
  );
}
