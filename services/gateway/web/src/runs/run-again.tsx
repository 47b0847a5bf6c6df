/** Starts the workflow of an ended run anew, with what that run was given. */
import { useQuery } from "@tanstack/react-query";
import { workflowQuery } from "../api/queries.ts";
import type { Json, RunDetail } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { RunButton } from "../workflows/run-dialog.tsx";

export function RunAgain({ run }: { run: RunDetail }) {
  const t = useT();
  const workflow = useQuery({ ...workflowQuery(run.workflow_id), retry: false });
  if (!workflow.data) return null;
  return <RunButton workflow={workflow.data} label={t.runs.again} input={inputOf(run)} />;
}

/** What the trigger brought in is the first thing in the trace. */
function inputOf(run: RunDetail): Json {
  const trigger = run.trace.find((step) => step.node === "trigger");
  return trigger?.output ?? trigger?.input ?? {};
}
