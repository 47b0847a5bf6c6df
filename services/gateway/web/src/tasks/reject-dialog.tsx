/** Asks before a run is ended for good. The least destructive answer has the focus. */
import { useState } from "react";
import { useT } from "../i18n/i18n.tsx";
import { withoutHidden } from "../ui/bidi.ts";
import { Dialog } from "../ui/dialog.tsx";

interface Props {
  workflow: string;
  onCancel: () => void;
  onConfirm: (reason: string) => void;
}

export function RejectDialog({ workflow, onCancel, onConfirm }: Props) {
  const t = useT();
  const [reason, setReason] = useState("");
  return (
    <Dialog title={t.tasks.rejectTitle} onClose={onCancel}>
      <p dir="auto">{t.tasks.rejectBody(withoutHidden(workflow))}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onConfirm(reason.trim());
        }}
      >
        <div className="field">
          <label htmlFor="reject-reason">{t.tasks.reason}</label>
          <textarea
            id="reject-reason"
            dir="auto"
            rows={2}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        </div>
        <div className="dialog-actions">
          <button type="button" data-first-focus onClick={onCancel}>
            {t.common.cancel}
          </button>
          <button type="submit" className="danger">
            {t.tasks.rejectRun}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
