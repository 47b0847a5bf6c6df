/** One task: everything that a person needs to decide it, and the controls that do. */
import { useId, useState } from "react";
import type { Task } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { CardActions, PhaseNotice, SettledActions } from "./card-actions.tsx";
import { CardHead } from "./card-head.tsx";
import { ContextDetails } from "./context-details.tsx";
import { type Action, useDecision } from "./decision.ts";
import { hasDraft } from "./drafts.ts";
import { Fields } from "./form.tsx";
import { Prompt } from "./prompt.tsx";
import { Receipt } from "./receipt.tsx";
import { RejectDialog } from "./reject-dialog.tsx";
import { useAnswers } from "./use-answers.ts";

export interface CardProps {
  task: Task;
  titleId: string;
  /** Confirmed by the server: this person decided it. */
  onDecided: (task: Task, action: Action) => void;
  /** The server says that the task is not what the card shows. */
  onChanged: (task: Task) => void;
  /** Takes a settled card out of the list; absent where nothing is to be taken out. */
  onDismiss?: (() => void) | undefined;
  /** The page already has the task's title as its own, and room for the whole prompt. */
  alone?: boolean;
}

export function Card({ task, titleId, onDecided, onChanged, onDismiss, alone = false }: CardProps) {
  const t = useT();
  const formId = useId();
  const answers = useAnswers(task);
  const [rejecting, setRejecting] = useState(false);
  const [typed, setTyped] = useState(() => hasDraft(task.id));
  const { phase, send, clear } = useDecision(task, {
    decided: (decided, action) => {
      answers.forget();
      setTyped(false);
      onDecided(decided, action);
    },
    changed: onChanged,
    invalid: answers.show,
  });
  const busy = phase.kind === "sending" || phase.kind === "unsure";
  const lost = phase.kind === "lost";
  const settled = lost || (task.status !== "pending" && !busy);
  const readable = !settled || typed || alone;
  const withForm = task.kind === "manual_input" && (!settled || typed);

  const submit = () => {
    if (busy || settled) return;
    const values = answers.check();
    if (values) void send("submit", { values });
  };

  return (
    <>
      <CardHead task={task} titleId={titleId} alone={alone} settled={settled} />
      {settled && (lost || !alone || !task.decision) && (
        <Receipt task={task} problem={lost ? phase.problem : null} lost={lost} />
      )}
      {readable && <Prompt task={task} open={alone} />}
      {readable && <ContextDetails runId={task.run_id} until={task.decision?.at} />}
      {withForm && (
        <form
          id={formId}
          ref={answers.form}
          className="card-form"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
          }}
        >
          {settled && <p className="muted">{t.tasks.yourDraft}</p>}
          <Fields
            fields={task.fields}
            values={answers.values}
            faults={settled ? {} : answers.faults}
            readOnly={busy || settled}
            onChange={(name, value, control) => {
              setTyped(true);
              answers.change(name, value, control);
            }}
          />
        </form>
      )}
      <PhaseNotice phase={phase} />
      {settled ? (
        <SettledActions
          task={task}
          answers={typed ? answers.values : null}
          onDismiss={
            onDismiss &&
            (() => {
              answers.forget();
              clear();
              onDismiss();
            })
          }
        />
      ) : (
        <CardActions
          task={task}
          phase={phase}
          busy={busy}
          formId={formId}
          onApprove={() => void send("approve", {})}
          onReject={() => setRejecting(true)}
        />
      )}
      {rejecting && !settled && (
        <RejectDialog
          workflow={task.workflow_name}
          onCancel={() => setRejecting(false)}
          onConfirm={(reason) => {
            setRejecting(false);
            void send("reject", reason === "" ? {} : { comment: reason });
          }}
        />
      )}
    </>
  );
}
