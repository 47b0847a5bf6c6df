/** Starts a run by hand with an input of one's own. */
import { useId, useRef, useState } from "react";
import { useLocation } from "wouter";
import { newKey, post } from "../api/client.ts";
import type { Json, JsonObject, Run, Workflow } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { useAnnouncer } from "../ui/announcer.tsx";
import { withoutHidden } from "../ui/bidi.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Icon } from "../ui/icons.tsx";
import { errorText } from "../ui/states.tsx";

interface ButtonProps {
  workflow: Workflow;
  label?: string;
  input?: Json;
  className?: string;
}

export function RunButton({ workflow, label, input, className = "" }: ButtonProps) {
  const t = useT();
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className={className} onClick={() => setOpen(true)}>
        <Icon name="play" />
        {label ?? t.workflows.run}
        {!label && <span className="visually-hidden"> {withoutHidden(workflow.name)}</span>}
      </button>
      {open && <RunDialog workflow={workflow} input={input} onClose={() => setOpen(false)} />}
    </>
  );
}

interface DialogProps {
  workflow: Workflow;
  input?: Json | undefined;
  onClose: () => void;
  /** Without it, the run's page is opened. */
  onStarted?: (runId: string) => void;
}

export function RunDialog({ workflow, input, onClose, onStarted }: DialogProps) {
  const t = useT();
  const id = useId();
  const [, navigate] = useLocation();
  const { receipt } = useAnnouncer();
  const [text, setText] = useState(() => JSON.stringify(input ?? sampleOf(workflow), null, 2));
  const [fault, setFault] = useState<string | null>(null);
  const busy = useRef(false);
  const key = useRef({ text: "", key: "" });

  const start = async () => {
    const given = readObject(text);
    if (given === null) return setFault(t.workflows.runInputBad);
    if (busy.current) return;
    busy.current = true;
    if (key.current.text !== text) key.current = { text, key: newKey() };
    try {
      const path = `/workflows/${encodeURIComponent(workflow.id)}/runs`;
      const run = await post<Pick<Run, "id" | "status">>(
        path,
        { input: given },
        { idempotencyKey: key.current.key },
      );
      onClose();
      if (onStarted) return onStarted(run.id);
      receipt(run.status === "Queued" ? t.workflows.runQueued : t.workflows.runStarted);
      navigate(`/runs/${run.id}`);
    } catch (error) {
      setFault(errorText(t, error));
    } finally {
      busy.current = false;
    }
  };

  return (
    <Dialog title={t.workflows.runTitle(withoutHidden(workflow.name))} onClose={onClose}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void start();
        }}
      >
        <div className="field">
          <label htmlFor={id}>{t.workflows.runInput}</label>
          <textarea
            id={id}
            className="mono"
            rows={8}
            spellCheck={false}
            value={text}
            aria-invalid={fault !== null || undefined}
            aria-describedby={fault ? `${id}-fault` : undefined}
            onChange={(event) => {
              setText(event.target.value);
              setFault(null);
            }}
          />
          {fault && (
            <p id={`${id}-fault`} className="fault" role="alert">
              {fault}
            </p>
          )}
        </div>
        <div className="dialog-actions">
          <button type="button" onClick={onClose}>
            {t.common.cancel}
          </button>
          <button type="submit" className="primary">
            {t.workflows.runStart}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function readObject(text: string): JsonObject | null {
  try {
    const value: Json = JSON.parse(text.trim() === "" ? "{}" : text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** The sample input that the workflow's trigger carries, if the whole workflow is at hand. */
function sampleOf(workflow: Workflow): Json {
  const trigger = workflow.definition?.trigger;
  if (typeof trigger !== "object" || trigger === null || Array.isArray(trigger)) return {};
  const { config } = trigger;
  if (typeof config !== "object" || config === null || Array.isArray(config)) return {};
  return config.sample_input ?? config.sample ?? {};
}
