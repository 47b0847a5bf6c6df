/** On wide screens: beside the list, what the run of the focused card has brought so far. */
import { lazy, Suspense, useEffect, useState, useSyncExternalStore } from "react";
import type { Task } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { Loading } from "../ui/states.tsx";
import { UserText } from "../ui/text.tsx";
import { titleOf } from "./card-head.tsx";

const RunContext = lazy(() => import("./run-context.tsx"));

const WIDE = window.matchMedia("(min-width: 1280px)");
/** Walking through the list with a key asks for what one stops at, not for all that one passes. */
const STOP_MS = 300;

function watchWidth(listener: () => void): () => void {
  WIDE.addEventListener("change", listener);
  return () => WIDE.removeEventListener("change", listener);
}

export function ContextPanel({ task }: { task: Task | undefined }) {
  const t = useT();
  const wide = useSyncExternalStore(watchWidth, () => WIDE.matches);
  const [stopped, setStopped] = useState(task);
  useEffect(() => {
    const timer = window.setTimeout(() => setStopped(task), STOP_MS);
    return () => window.clearTimeout(timer);
  }, [task]);
  if (!wide) return null;
  return (
    <aside className="context-panel card" aria-labelledby="context-title">
      <h2 id="context-title">{t.tasks.contextTitle}</h2>
      {stopped ? (
        <>
          <p className="muted small">
            <UserText text={titleOf(stopped)} />
          </p>
          <Suspense fallback={<Loading lines={1} />}>
            <RunContext key={stopped.run_id} runId={stopped.run_id} />
          </Suspense>
        </>
      ) : (
        <p className="muted">{t.tasks.contextEmpty}</p>
      )}
    </aside>
  );
}
