/** Makes an old version the newest one: a new version that says the same, so that restoring can be undone by restoring. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call, Problem } from "../api/client.ts";
import { workflowQuery } from "../api/queries.ts";
import type { Fault, Workflow } from "../api/types.ts";
import { inLanguage } from "../editor/fault-words.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { useAnnouncer } from "../ui/announcer.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { errorText } from "../ui/states.tsx";
import { Plain } from "../ui/text.tsx";
import type { Contents } from "./contents.ts";
import { useWorkflowWords } from "./words.ts";

interface Props {
  workflow: Workflow;
  version: number;
  contents: Contents;
  hasDraft: boolean;
  onRestored: (workflow: Workflow) => void;
}

export function RestoreButton(props: Props) {
  const w = useWorkflowWords();
  const [asking, setAsking] = useState(false);
  return (
    <>
      <button type="button" onClick={() => setAsking(true)}>
        {w.restore(props.version)}
      </button>
      {asking && <RestoreDialog {...props} onClose={() => setAsking(false)} />}
    </>
  );
}

function RestoreDialog({
  workflow,
  version,
  contents,
  hasDraft,
  onRestored,
  onClose,
}: Props & { onClose: () => void }) {
  const { t, language } = useI18n();
  const w = useWorkflowWords();
  const queries = useQueryClient();
  const { receipt } = useAnnouncer();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const [faults, setFaults] = useState<Fault[]>([]);

  const restore = async () => {
    if (busy) return;
    setBusy(true);
    setFault(null);
    const { name, description, definition, source } = contents;
    try {
      const stored = await call<Workflow>("PUT", `/workflows/${encodeURIComponent(workflow.id)}`, {
        body: { name, description, definition, source },
        headers: { "if-match": `"${workflow.version}"` },
      });
      queries.setQueryData(workflowQuery(stored.id).queryKey, stored);
      void queries.invalidateQueries({ queryKey: ["workflows"] });
      void queries.invalidateQueries({ queryKey: ["workflow", stored.id] });
      receipt(w.restored(version, stored.version));
      onRestored(stored);
    } catch (error) {
      setBusy(false);
      const found = error instanceof Problem ? error.members.faults : null;
      const faults = Array.isArray(found) ? (found as unknown as Fault[]) : [];
      setFaults(await inLanguage(faults, language));
      const isNewer = error instanceof Problem && error.status === 412;
      if (isNewer) void queries.invalidateQueries({ queryKey: ["workflow", workflow.id] });
      setFault(
        isNewer ? w.restoreNewer : Array.isArray(found) ? w.restoreFaults : errorText(t, error),
      );
    }
  };

  return (
    <Dialog title={w.restoreTitle(version)} onClose={onClose}>
      <p>{w.restoreBody(version, workflow.version + 1)}</p>
      {workflow.webhook_url && <p>{w.restoreSecret}</p>}
      {hasDraft && <p className="notice tone-warn">{w.restoreDraft}</p>}
      {fault && (
        <div className="fault" role="alert">
          <p>{fault}</p>
          <ul>
            {faults.map((each) => (
              <li key={each.path + each.message}>
                <code>{each.path}</code> <Plain text={each.message} />
              </li>
            ))}
          </ul>
        </div>
      )}
      <div className="dialog-actions">
        <button type="button" data-first-focus onClick={onClose}>
          {t.common.cancel}
        </button>
        <button
          type="button"
          className="primary"
          aria-disabled={busy || undefined}
          onClick={() => void restore()}
        >
          {w.restore(version)}
        </button>
      </div>
    </Dialog>
  );
}
