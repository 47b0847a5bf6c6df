/** What can be done with a task: the buttons while it is pending, the ways on once it is settled. */
import { Link } from "wouter";
import type { Task } from "../api/types.ts";
import type { Messages } from "../i18n/en.ts";
import { useT } from "../i18n/i18n.tsx";
import { shortcutsOn } from "../shell/keys.ts";
import { CopyButton } from "../ui/copy.tsx";
import { Icon } from "../ui/icons.tsx";
import { errorText } from "../ui/states.tsx";
import type { Phase } from "./decision.ts";
import type { Draft } from "./drafts.ts";

interface ActionsProps {
  task: Task;
  phase: Phase;
  busy: boolean;
  formId: string;
  onApprove: () => void;
  onReject: () => void;
}

export function CardActions(props: ActionsProps) {
  const t = useT();
  const { task, busy } = props;
  return (
    <div className="card-actions">
      {task.kind === "approval" ? <ApprovalButtons {...props} /> : <SubmitButton {...props} />}
      <button
        type="button"
        className="quiet danger-text reject-run"
        aria-disabled={busy || undefined}
        aria-keyshortcuts={task.kind === "approval" ? undefined : "r"}
        title={task.kind === "approval" ? undefined : hint(t, "r")}
        onClick={() => !busy && props.onReject()}
      >
        {t.tasks.rejectRun}
      </button>
    </div>
  );
}

/** Letters are only named while they do something. */
function hint(t: Messages, key: string): string | undefined {
  return shortcutsOn() ? t.keys.hint(key) : undefined;
}

// The buttons of a busy card are aria-disabled, not disabled: disabling would throw away the focus.

function ApprovalButtons({ phase, busy, onApprove, onReject }: ActionsProps) {
  const t = useT();
  const action = busy && "action" in phase ? phase.action : null;
  return (
    <>
      <button
        type="button"
        className="primary"
        data-action="approve"
        aria-keyshortcuts="a"
        title={hint(t, "a")}
        aria-disabled={busy || undefined}
        onClick={() => !busy && onApprove()}
      >
        {action === "approve" ? t.tasks.approving : t.tasks.approve}
      </button>
      <button
        type="button"
        data-action="reject"
        aria-keyshortcuts="r"
        title={hint(t, "r")}
        aria-disabled={busy || undefined}
        onClick={() => !busy && onReject()}
      >
        {action === "reject" ? t.tasks.rejecting : t.tasks.reject}
      </button>
    </>
  );
}

function SubmitButton({ phase, busy, formId }: ActionsProps) {
  const t = useT();
  const action = busy && "action" in phase ? phase.action : null;
  return (
    <button
      type="submit"
      form={formId}
      className="primary"
      aria-keyshortcuts="Control+Enter"
      title={t.keys.hint("Ctrl+Enter")}
      aria-disabled={busy || undefined}
    >
      {action === "submit" ? t.tasks.submitting : t.tasks.submit}
    </button>
  );
}

/** News about the person's own attempt, where they are looking. */
export function PhaseNotice({ phase }: { phase: Phase }) {
  const t = useT();
  if (phase.kind === "sending" && phase.retrying)
    return <p className="notice small">{t.tasks.retrying}</p>;
  if (phase.kind === "unsure") return <p className="notice small">{t.tasks.unsure}</p>;
  if (phase.kind !== "refused") return null;
  const text = phase.reason === "error" ? errorText(t, phase.error) : t.tasks[phase.reason];
  const detail =
    phase.reason === "notYours" && phase.error instanceof Error ? ` ${phase.error.message}` : "";
  return (
    <p className="notice small tone-warn" role="alert">
      <Icon name="warning" />
      <span>
        {text}
        {detail}
      </span>
    </p>
  );
}

interface SettledProps {
  task: Task;
  answers: Draft | null;
  onDismiss: (() => void) | undefined;
}

export function SettledActions({ task, answers, onDismiss }: SettledProps) {
  const t = useT();
  return (
    <div className="card-actions settled">
      <Link className="button" href={`/runs/${task.run_id}`}>
        {t.common.openRun}
      </Link>
      {answers && <CopyButton text={answersText(answers)} label={t.tasks.copyAnswers} />}
      {onDismiss && (
        <button type="button" className="quiet" onClick={onDismiss}>
          {t.common.dismiss}
        </button>
      )}
    </div>
  );
}

function answersText(answers: Draft): string {
  return Object.entries(answers)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");
}
