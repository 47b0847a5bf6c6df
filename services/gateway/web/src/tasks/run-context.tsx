/** The outputs of the steps that a run has done, or had done by some time, each as a tree. */
import { useQuery } from "@tanstack/react-query";
import { runQuery } from "../api/queries.ts";
import type { Step } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { JsonView } from "../ui/json-tree.tsx";
import { LoadError, Loading } from "../ui/states.tsx";
import { UserText } from "../ui/text.tsx";

interface Props {
  runId: string;
  until?: string | undefined;
}

export default function RunContext({ runId, until }: Props) {
  const t = useT();
  const run = useQuery(runQuery(runId));
  if (run.isError) return <LoadError error={run.error} />;
  if (!run.data) return <Loading lines={2} />;
  const known = (step: Step) =>
    until === undefined ||
    (step.finished_at !== null && Date.parse(step.finished_at) < Date.parse(until));
  const steps = run.data.trace.filter(
    (step) => step.output !== null && step.output !== undefined && known(step),
  );
  if (steps.length === 0) return <p className="muted">{t.runs.noData}</p>;
  return steps.map((step, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the trace only grows at its end
    <div key={index} className="context-step">
      <p className="small">
        <UserText text={step.name} />
      </p>
      <JsonView value={step.output} name={step.node} />
    </div>
  ));
}
