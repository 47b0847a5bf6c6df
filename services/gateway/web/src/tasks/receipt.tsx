/** What became of a task, said plainly: who decided, what and when, and whether one's own answer counted. */

import type { Problem } from "../api/client.ts";
import type { Task } from "../api/types.ts";
import type { Messages } from "../i18n/en.ts";
import type { Format } from "../i18n/format.ts";
import { useFormat, useT } from "../i18n/i18n.tsx";
import { withoutHidden } from "../ui/bidi.ts";
import { now } from "../ui/clock.ts";
import { Icon } from "../ui/icons.tsx";
import type { Action } from "./decision.ts";

/** What happened to the task. `problem`: what this person's own attempt was answered, if there was one. */
export function settledText(
  t: Messages,
  format: Format,
  task: Task,
  problem: Problem | null,
  lost = false,
): string {
  const by = problem?.text("decided_by") ?? task.decision?.by;
  const at = problem?.text("decided_at") ?? task.decision?.at;
  const outcome = problem?.text("outcome") ?? task.decision?.outcome ?? "";
  if (problem?.code !== "run-ended" && by && at) {
    const say = lost ? t.tasks.settledBy : t.tasks.decidedByAt;
    return say(outcome, withoutHidden(by), format.clock(at, now()));
  }
  return runEndText(t, format, task, problem);
}

/** How the task's run ended before a decision, or before it took one; by whom and when as far as that is known. */
export function runEndText(
  t: Messages,
  format: Format,
  task: Task,
  problem: Problem | null = null,
): string {
  const status = problem?.text("run_status") ?? task.closed_reason ?? "";
  const by = problem?.text("ended_by") ?? task.closed_by;
  const at = problem?.text("ended_at") ?? task.closed_at;
  if (!by || !at) return t.tasks.runEnded(status);
  return t.tasks.runEndedBy(status, withoutHidden(by), format.clock(at, now()));
}

interface Props {
  task: Task;
  problem: Problem | null;
  /** This person had answered too, and it did not count. */
  lost: boolean;
}

export function Receipt({ task, problem, lost }: Props) {
  const t = useT();
  const format = useFormat();
  const byClock = task.decision?.outcome === "timed_out";
  return (
    <p className="receipt" dir="auto">
      <Icon name={byClock ? "clock" : "person"} />
      <span>
        {settledText(t, format, task, problem, lost)}
        {lost && ` ${t.tasks.notSent}`}
      </span>
    </p>
  );
}

/** What a person's own confirmed decision did. */
export function receiptText(t: Messages, action: Action): string {
  if (action === "approve") return t.tasks.approved;
  return action === "submit" ? t.tasks.submitted : t.tasks.rejected;
}
