/** The head of a card: what is asked, by which step of which workflow, for how long, of whom. */
import { Link } from "wouter";
import type { Task } from "../api/types.ts";
import { useFormat, useT } from "../i18n/i18n.tsx";
import { useUser } from "../session/session.tsx";
import { useNow } from "../ui/clock.ts";
import { Icon } from "../ui/icons.tsx";
import { UserText } from "../ui/text.tsx";

interface Props {
  task: Task;
  titleId: string;
  alone: boolean;
  settled: boolean;
}

export function CardHead({ task, titleId, alone, settled }: Props) {
  const t = useT();
  const format = useFormat();
  const time = useNow();
  return (
    <header className="card-head">
      <div className="row between">
        {alone ? (
          <span id={titleId} className="card-kind">
            <Icon name={task.kind === "approval" ? "tick" : "pencil"} /> {t.kinds[task.kind]}
          </span>
        ) : (
          <h2 id={titleId} className="card-title">
            <Link href={`/tasks/${task.id}`} title={t.tasks.openTask}>
              <UserText text={titleOf(task)} />
            </Link>
          </h2>
        )}
        {!settled && (
          <time className="waited" dateTime={task.created_at} title={format.exact(task.created_at)}>
            <Icon name="clock" /> {t.tasks.waiting(format.waited(task.created_at, time))}
          </time>
        )}
      </div>
      <Origin task={task} alone={alone} />
      {!settled && <Deadlines task={task} time={time} />}
    </header>
  );
}

/** By when an answer is wished for, and when the clock gives one; nothing for a task that waits for ever. */
function Deadlines({ task, time }: { task: Task; time: number }) {
  const t = useT();
  const format = useFormat();
  const { due_at: due, timeout_at: timeout } = task;
  if (!due && !timeout) return null;
  const late = due ? Date.parse(due) <= time : false;
  return (
    <p className="card-deadlines">
      {due && (
        <time className={late ? "late" : undefined} dateTime={due} title={format.exact(due)}>
          {late && <Icon name="warning" />}
          {late ? t.tasks.overdue(format.clock(due, time)) : t.tasks.due(format.ahead(due, time))}
        </time>
      )}
      {timeout && (
        <time dateTime={timeout} title={format.exact(timeout)}>
          {t.tasks.timesOut(format.ahead(timeout, time))}
        </time>
      )}
    </p>
  );
}

function Origin({ task, alone }: { task: Task; alone: boolean }) {
  const t = useT();
  const user = useUser();
  const assignees = task.assignees ?? [];
  const mine = assignees.some((name) => name === user.name || name === user.id);
  return (
    <p className="card-origin">
      <span className="workflow">
        <UserText text={task.workflow_name} />
      </span>
      <span className="step">
        <UserText text={task.step_name} />
      </span>
      {!alone && <span>{t.kinds[task.kind]}</span>}
      <Link href={`/runs/${task.run_id}`} className="mono" aria-keyshortcuts="o">
        {t.tasks.run(shortId(task.run_id))}
      </Link>
      {assignees.length > 0 && (
        <span>
          {mine ? (
            t.tasks.assignedToYou
          ) : (
            <UserText text={t.tasks.assignedTo(assignees.join(", "))} />
          )}
        </span>
      )}
    </p>
  );
}

/** The title, or the first line of the prompt without its marks, or the step's name. */
export function titleOf(task: Task): string {
  if (task.title?.trim()) return task.title;
  const line = task.prompt
    .split("\n")
    .map((text) => text.replace(/^[#>*\-\s]+/, "").trim())
    .find((text) => text !== "");
  return line ? line.slice(0, 120) : task.step_name;
}

/** The end of a UUIDv7 is its random part: it tells runs of the same second apart. */
export function shortId(id: string): string {
  return id.length > 12 ? id.slice(-8) : id;
}
