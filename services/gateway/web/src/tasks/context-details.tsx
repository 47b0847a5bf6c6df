/** Folded below a prompt: what the run's steps had brought, so far or until the answer. Asked for only when opened. */
import { lazy, Suspense, useState } from "react";
import { useT } from "../i18n/i18n.tsx";
import { Loading } from "../ui/states.tsx";

const RunContext = lazy(() => import("./run-context.tsx"));

interface Props {
  runId: string;
  /** When the task was decided, if it was. */
  until?: string | undefined;
}

export function ContextDetails({ runId, until }: Props) {
  const t = useT();
  const [open, setOpen] = useState(false);
  return (
    <details
      className="context"
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary aria-keyshortcuts="i">{t.tasks.context}</summary>
      {open && (
        <Suspense fallback={<Loading lines={1} />}>
          <RunContext runId={runId} until={until} />
        </Suspense>
      )}
    </details>
  );
}
