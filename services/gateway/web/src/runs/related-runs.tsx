/** The run that started this one, and those that this one has started. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { childRunsQuery } from "../api/queries.ts";
import type { RunDetail } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { isEnded } from "../live/apply.ts";
import { shortId } from "../tasks/card-head.tsx";
import { RunLines } from "./run-lines.tsx";

const STARTING = new Set(["for_each", "run_workflow", "emit_event"]);

export function ParentLine({ run }: { run: RunDetail }) {
  const t = useT();
  if (!run.parent) return null;
  const { run_id, node } = run.parent;
  return (
    <>
      <dt>{t.runs.startedBy}</dt>
      <dd>
        <Link href={`/runs/${run_id}`}>{t.runs.title(shortId(run_id))}</Link>{" "}
        <span className="muted mono">{node}</span>
      </dd>
    </>
  );
}

export function ChildRuns({ run }: { run: RunDetail }) {
  const t = useT();
  const starts = run.trace.some((step) => STARTING.has(step.type) && step.status !== "Skipped");
  const children = useQuery({
    ...childRunsQuery(run.id),
    enabled: starts,
    // The page is told of this run's own events; those of the others it asks for while something moves.
    refetchInterval: isEnded(run.status) ? false : 3_000,
  });
  if (!starts || !children.data?.items.length) return null;
  return (
    <section className="stack" aria-labelledby="children-title">
      <h2 id="children-title">{t.runs.childRuns}</h2>
      <RunLines runs={children.data.items} />
      {children.data.next_cursor && <p className="muted small">{t.runs.newestOnly}</p>}
    </section>
  );
}
