/** Ends a run on an operator's word; asks first. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Problem, post } from "../api/client.ts";
import { useT } from "../i18n/i18n.tsx";
import { useAnnouncer } from "../ui/announcer.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { errorText } from "../ui/states.tsx";

export function CancelRun({ id }: { id: string }) {
  const t = useT();
  const queries = useQueryClient();
  const { receipt, alert } = useAnnouncer();
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(null);

  const cancel = async () => {
    if (busy) return;
    setBusy(true);
    setFault(null);
    try {
      await post(`/runs/${encodeURIComponent(id)}/cancel`, { reason: reason.trim() });
      setOpen(false);
      receipt(t.runs.cancelled);
    } catch (error) {
      const late = error instanceof Problem && error.status === 409;
      const text = late ? t.runs.alreadyEnded : errorText(t, error);
      setFault(text);
      alert(text);
    } finally {
      setBusy(false);
      void queries.invalidateQueries({ queryKey: ["run", id] });
    }
  };

  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        {t.runs.cancel}
      </button>
      {open && (
        <Dialog title={t.runs.cancelTitle} onClose={() => setOpen(false)}>
          <p>{t.runs.cancelBody}</p>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              void cancel();
            }}
          >
            <div className="field">
              <label htmlFor="cancel-reason">{t.tasks.reason}</label>
              <textarea
                id="cancel-reason"
                dir="auto"
                rows={2}
                value={reason}
                onChange={(event) => setReason(event.target.value)}
              />
            </div>
            {fault && <p className="fault">{fault}</p>}
            <div className="dialog-actions">
              <button type="button" data-first-focus onClick={() => setOpen(false)}>
                {t.runs.keep}
              </button>
              <button type="submit" className="danger" aria-disabled={busy || undefined}>
                {t.runs.cancel}
              </button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  );
}
