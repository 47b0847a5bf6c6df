/** How one step went in the test: its status, and what went in and came out. */
import { Link } from "wouter";
import type { Step } from "../api/types.ts";
import { useGraphWords } from "../graph/words.ts";
import { JsonView } from "../ui/json-tree.tsx";
import { StatusBadge } from "../ui/status.tsx";
import { UserText } from "../ui/text.tsx";

export function TestedStep({ step }: { step: Step }) {
  const { t } = useGraphWords();
  return (
    <>
      <p className="row">
        <StatusBadge status={step.status} />
        {step.task_id && <Link href={`/tasks/${step.task_id}`}>{t.tasks.openTask}</Link>}
      </p>
      {step.error && (
        <p className="error-text">
          <span className="mono">{step.error.code}</span> <UserText text={step.error.message} />
        </p>
      )}
      <h4>{t.runs.input}</h4>
      <JsonView value={step.input} name={`${step.node}-input`} />
      <h4>{t.runs.output}</h4>
      <JsonView value={step.output} name={`${step.node}-output`} />
    </>
  );
}
