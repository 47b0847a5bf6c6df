/** Asks before a workflow and its history go, and says what goes with it; while runs live, asks for the name too. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, Problem } from "../api/client.ts";
import type { Workflow } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { useAnnouncer } from "../ui/announcer.tsx";
import { withoutHidden } from "../ui/bidi.ts";
import { Dialog } from "../ui/dialog.tsx";
import { errorText } from "../ui/states.tsx";
import { useWorkflowActions } from "./actions.ts";
import { useWorkflowWords } from "./words.ts";

interface Use {
  runs: number;
  live_runs: number;
  counted_max: number;
  callers: { id: string; name: string }[];
}

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
      <Consequences workflow={workflow} />
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

/** As far as they can be told now: deleting asks the server again. */
function Consequences({ workflow }: { workflow: Workflow }) {
  const w = useWorkflowWords();
  const found = useQuery({
    queryKey: ["workflow", workflow.id, "use"],
    queryFn: ({ signal }) => get<Use>(`/workflows/${encodeURIComponent(workflow.id)}/use`, signal),
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
  if (!found.data) return null;
  const { runs, live_runs, counted_max, callers } = found.data;
  const told = (n: number) => [Math.min(n, counted_max), n > counted_max] as const;
  return (
    <div className="consequences" role="status">
      <ul>
        <li>{runs === 0 ? w.noRuns : w.consequence(w.runs(...told(runs)))}</li>
        {live_runs > 0 && <li>{w.liveRuns(...told(live_runs))}</li>}
        {callers.length > 0 && (
          <li dir="auto">{w.callers(callers.map(({ name }) => withoutHidden(name)).join(", "))}</li>
        )}
        {workflow.webhook_url && <li>{w.webhookGone}</li>}
      </ul>
    </div>
  );
}
