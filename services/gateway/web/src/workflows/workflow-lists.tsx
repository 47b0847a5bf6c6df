/** Workflows as rows and as cards, with the same actions. */
import "./workflows.css";
import { Link } from "wouter";
import type { Workflow } from "../api/types.ts";
import { useFormat, useT } from "../i18n/i18n.tsx";
import { withoutHidden } from "../ui/bidi.ts";
import { StatusBadge } from "../ui/status.tsx";
import { UserText } from "../ui/text.tsx";
import { RelativeTime } from "../ui/time.tsx";
import { useWorkflowActions } from "./actions.ts";
import { RunButton } from "./run-dialog.tsx";
import { ScheduleLine } from "./schedule.tsx";

interface Props {
  workflows: Workflow[];
  onDelete: (workflow: Workflow) => void;
}

export function WorkflowTable({ workflows, onDelete }: Props) {
  const t = useT();
  const format = useFormat();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways, so the keyboard must reach it
    <section className="wide" aria-label={t.nav.workflows} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t.workflows.name}</th>
            <th scope="col">{t.workflows.description}</th>
            <th scope="col">{t.workflows.status}</th>
            <th scope="col">{t.workflows.steps}</th>
            <th scope="col">{t.workflows.lastRun}</th>
            <th scope="col">{t.workflows.actions}</th>
          </tr>
        </thead>
        <tbody>
          {workflows.map((workflow) => (
            <tr key={workflow.id}>
              <td className="text">
                <Link href={`/workflows/${workflow.id}`}>
                  <UserText text={workflow.name} />
                </Link>
                {workflow.schedule && (
                  <ScheduleLine schedule={workflow.schedule} status={workflow.status} />
                )}
              </td>
              <td className="text muted">
                <UserText text={workflow.description} />
              </td>
              <td>
                <StatusBadge status={workflow.status} />
                <Toggle workflow={workflow} />
              </td>
              <td>{format.number(workflow.steps)}</td>
              <td>
                <LastRun workflow={workflow} />
              </td>
              <td className="actions">
                <Actions workflow={workflow} onDelete={onDelete} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function WorkflowGrid({ workflows, onDelete }: Props) {
  const t = useT();
  return (
    <ul className="grid workflow-grid">
      {workflows.map((workflow) => (
        <li key={workflow.id} className="card">
          <div className="row between">
            <h2>
              <Link href={`/workflows/${workflow.id}`}>
                <UserText text={workflow.name} />
              </Link>
            </h2>
            <span className="row">
              <Toggle workflow={workflow} />
              <StatusBadge status={workflow.status} />
            </span>
          </div>
          <p className="muted">
            <UserText text={workflow.description} />
          </p>
          {workflow.schedule && (
            <ScheduleLine schedule={workflow.schedule} status={workflow.status} />
          )}
          <p className="muted small">
            {t.workflows.stepCount(workflow.steps)} · <LastRun workflow={workflow} />
          </p>
          <Actions workflow={workflow} onDelete={onDelete} />
        </li>
      ))}
    </ul>
  );
}

function Toggle({ workflow }: { workflow: Workflow }) {
  const t = useT();
  const { activate, pause } = useWorkflowActions();
  const active = workflow.status === "Active";
  return (
    <button
      type="button"
      className="quiet"
      onClick={() => void (active ? pause(workflow) : activate(workflow))}
    >
      {active ? t.workflows.pause : t.workflows.activate}
      <span className="visually-hidden"> {withoutHidden(workflow.name)}</span>
    </button>
  );
}

function LastRun({ workflow }: { workflow: Workflow }) {
  const t = useT();
  const run = workflow.last_run;
  if (!run) return <span className="muted">{t.workflows.never}</span>;
  return (
    <span className="row">
      <StatusBadge status={run.status} />
      <Link href={`/runs/${run.id}`}>
        <RelativeTime time={run.started_at} />
      </Link>
    </span>
  );
}

function Actions({
  workflow,
  onDelete,
}: {
  workflow: Workflow;
  onDelete: (workflow: Workflow) => void;
}) {
  const t = useT();
  const { duplicate } = useWorkflowActions();
  const of = <span className="visually-hidden"> {withoutHidden(workflow.name)}</span>;
  return (
    <div className="row">
      <RunButton workflow={workflow} className="quiet" />
      <Link className="button quiet" href={`/workflows/${workflow.id}/runs`}>
        {t.workflows.runHistory}
        {of}
      </Link>
      <Link className="button quiet" href={`/workflows/${workflow.id}`}>
        {t.common.edit}
        {of}
      </Link>
      <button type="button" className="quiet" onClick={() => void duplicate(workflow)}>
        {t.workflows.duplicate}
        {of}
      </button>
      <button type="button" className="quiet danger-text" onClick={() => onDelete(workflow)}>
        {t.common.delete}
        {of}
      </button>
    </div>
  );
}
