/** What a step showed to people, as it was frozen for them, and what they answered. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { taskQuery } from "../api/queries.ts";
import type { Step, Task } from "../api/types.ts";
import { DecisionDetails } from "../tasks/decision-details.tsx";
import { Prompt } from "../tasks/prompt.tsx";
import { CopyButton } from "../ui/copy.tsx";
import { isMissing, LoadError, Loading } from "../ui/states.tsx";
import { UserText } from "../ui/text.tsx";
import { useRunWords } from "./words.ts";

export function AskedAndAnswered({ step }: { step: Step }) {
  const { w, t } = useRunWords();
  return (
    <>
      <section className="stack" aria-label={w.answered}>
        <h3>{w.answered}</h3>
        {step.decision ? (
          <DecisionDetails decision={step.decision} />
        ) : (
          <p className="muted">{step.status === "Waiting" ? w.notAnswered : w.noLongerAsked}</p>
        )}
        {step.task_id && <Link href={`/tasks/${step.task_id}`}>{t.tasks.openTask}</Link>}
      </section>
      {step.task_id && <Shown id={step.task_id} />}
    </>
  );
}

function Shown({ id }: { id: string }) {
  const { w } = useRunWords();
  const task = useQuery(taskQuery(id));
  if (task.isError && !isMissing(task.error)) return <LoadError error={task.error} />;
  if (!task.data) return <Loading lines={2} />;
  return (
    <section className="stack" aria-label={w.shown}>
      <h3>{w.shown}</h3>
      <p>
        <strong>
          <UserText text={task.data.title} />
        </strong>
      </p>
      <Prompt task={task.data} open />
      {task.data.fields.length > 0 && <ShownFields task={task.data} />}
      <p className="small muted digest">
        {w.digest}: <span className="mono">{task.data.digest}</span>
      </p>
      <div className="row">
        <CopyButton text={task.data.digest} label={w.copyDigest} />
      </div>
    </section>
  );
}

function ShownFields({ task }: { task: Task }) {
  const { w } = useRunWords();
  return (
    <>
      <h4>{w.fields}</h4>
      <ul className="plain lines">
        {task.fields.map((field) => (
          <li key={field.name}>
            <span className="grow">
              <UserText text={field.label} />
            </span>
            <span className="tag">{field.type}</span>
            {field.required && <span className="muted small">{w.required}</span>}
          </li>
        ))}
      </ul>
    </>
  );
}
