/** What one step was given, brought, failed of, or was answered. */
import { Link } from "wouter";
import type { Step } from "../api/types.ts";
import { useFormat, useT } from "../i18n/i18n.tsx";
import { DecisionDetails } from "../tasks/decision-details.tsx";
import { JsonView } from "../ui/json-tree.tsx";
import { StatusBadge } from "../ui/status.tsx";
import { UserText } from "../ui/text.tsx";

export function StepDetail({ step }: { step: Step }) {
  const t = useT();
  const format = useFormat();
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
      {step.children && (
        <p className="small">{t.runs.childrenEnded(step.children.ended, step.children.total)}</p>
      )}
      {step.decision && <DecisionDetails decision={step.decision} />}
      {step.task_id && <Link href={`/tasks/${step.task_id}`}>{t.tasks.openTask}</Link>}
      {step.error && (
        <section>
          <h3>{t.runs.error}</h3>
          <p className="error-text">
            <span className="mono">{step.error.code}</span> <UserText text={step.error.message} />
          </p>
        </section>
      )}
      <section>
        <h3>{t.runs.input}</h3>
        <JsonView value={step.input} name={`${step.node}-input`} />
      </section>
      <section>
        <h3>{t.runs.output}</h3>
        <JsonView value={step.output} name={`${step.node}-output`} />
      </section>
    </div>
  );
}
