/** What can be done with a workflow besides editing its text. */
import { lazy, Suspense, useState } from "react";
import { Link, useLocation } from "wouter";
import type { Workflow } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { useWorkflowActions } from "./actions.ts";
import { RunButton } from "./run-dialog.tsx";

const DeleteDialog = lazy(() => import("./delete-dialog.tsx"));

export function WorkflowMenu({ workflow }: { workflow: Workflow }) {
  const t = useT();
  const [, navigate] = useLocation();
  const { activate, pause, duplicate } = useWorkflowActions();
  const [deleting, setDeleting] = useState(false);
  const active = workflow.status === "Active";
  return (
    <div className="row">
      <button type="button" onClick={() => void (active ? pause(workflow) : activate(workflow))}>
        {active ? t.workflows.pause : t.workflows.activate}
      </button>
      <RunButton workflow={workflow} />
      <Link className="button" href={`/workflows/${workflow.id}/runs`}>
        {t.workflows.runHistory}
      </Link>
      <button type="button" onClick={() => void duplicate(workflow)}>
        {t.workflows.duplicate}
      </button>
      <button type="button" className="danger-text" onClick={() => setDeleting(true)}>
        {t.common.delete}
      </button>
      {deleting && (
        <Suspense fallback={null}>
          <DeleteDialog
            workflow={workflow}
            onClose={() => setDeleting(false)}
            onDeleted={() => navigate("/workflows")}
          />
        </Suspense>
      )}
    </div>
  );
}
