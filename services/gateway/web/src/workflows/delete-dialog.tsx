/** Asks before a workflow and its history go; while runs live, asks for the name too. */
import { useState } from "react";
import { Problem } from "../api/client.ts";
import type { Workflow } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { useAnnouncer } from "../ui/announcer.tsx";
import { withoutHidden } from "../ui/bidi.ts";
import { Dialog } from "../ui/dialog.tsx";
import { errorText } from "../ui/states.tsx";
import { useWorkflowActions } from "./actions.ts";

interface Props {
  workflow: Workflow;
  onClose: () => void;
  onDeleted: () => void;
}

export default function DeleteDialog({ workflow, onClose, onDeleted }: Props) {
  const t = useT();
  const { remove } = useWorkflowActions();
  const { alert } = useAnnouncer();
  const [live, setLive] = useState(false);
  const [typed, setTyped] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const name = withoutHidden(workflow.name);

  const confirm = async () => {
    if (busy) return;
    if (live && typed.trim() !== name.trim()) return setFault(t.workflows.typeNameWrong);
    setBusy(true);
    setFault(null);
    try {
      await remove(workflow, live);
      onClose();
      onDeleted();
    } catch (error) {
      const runsLive = error instanceof Problem && error.code === "runs-live";
      if (runsLive) setLive(true);
      else setFault(errorText(t, error));
      alert(runsLive ? t.workflows.deleteLive : errorText(t, error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <Dialog title={t.workflows.deleteTitle} onClose={onClose}>
      <p dir="auto">{t.workflows.deleteBody(name)}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void confirm();
        }}
      >
        {live && (
          <>
            <p className="notice tone-warn">{t.workflows.deleteLive}</p>
            <div className="field">
              <label htmlFor="delete-name">{t.workflows.typeName(name)}</label>
              <input
                id="delete-name"
                type="text"
                autoComplete="off"
                value={typed}
                onChange={(event) => setTyped(event.target.value)}
              />
            </div>
          </>
        )}
        {fault && <p className="fault">{fault}</p>}
        <div className="dialog-actions">
          <button type="button" data-first-focus onClick={onClose}>
            {t.common.cancel}
          </button>
          <button type="submit" className="danger" aria-disabled={busy || undefined}>
            {live ? t.workflows.deleteAnyway : t.common.delete}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
