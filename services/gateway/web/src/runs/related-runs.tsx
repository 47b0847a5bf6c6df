/** The run that started this one, and those that its steps have started. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useContext } from "react";
import { Link } from "wouter";
import { CHILDREN_SHOWN, childRunsQuery } from "../api/queries.ts";
import type { Run, RunDetail, Step } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { isEnded } from "../live/apply.ts";
import { useBatches } from "../live/live.tsx";
import { shortId } from "../tasks/card-head.tsx";
import { Moment } from "../ui/clock.ts";
import { LoadError, Loading } from "../ui/states.tsx";
import { StatusBadge } from "../ui/status.tsx";
import { UserText } from "../ui/text.tsx";
import { Duration, RelativeTime } from "../ui/time.tsx";
import { useRunWords } from "./words.ts";

/** Runs that nobody waits for tell their parent nothing: while one of them lives they are asked for. */
const POLL_MS = 3_000;

export function ParentLine({ run }: { run: RunDetail }) {
  const t = useT();
  if (!run.parent) return null;
  const { run_id, node } = run.parent;
  return (
    <>
      <dt>{t.runs.startedBy}</dt>
      <dd>
        <Link href={`/runs/${run_id}?step=${encodeURIComponent(node)}`}>
          {t.runs.title(shortId(run_id))}
        </Link>{" "}
        <span className="muted mono">{node}</span>
      </dd>
    </>
  );
}

/** The runs that a step has started, with how many have ended. */
export function StepChildren({ run, step }: { run: RunDetail; step: Step }) {
  const { w, t } = useRunWords();
  const past = useContext(Moment) !== null;
  const queries = useQueryClient();
  const children = useQuery({
    ...childRunsQuery(run.id, step.node),
    refetchInterval: ({ state }) =>
      isEnded(run.status) && state.data?.items.every((child) => isEnded(child.status))
        ? false
        : POLL_MS,
  });
  useBatches((batch) => {
    if (batch.runIds.includes(run.id))
      void queries.invalidateQueries({ queryKey: ["children", run.id] });
  });
  if (children.isError) return <LoadError error={children.error} />;
  if (!children.data) return <Loading lines={2} />;
  const { items, next_cursor } = children.data;
  return (
    <>
      {step.children && (
        <p className="small">{t.runs.childrenEnded(step.children.ended, step.children.total)}</p>
      )}
      {past && items.length > 0 && <p className="muted small">{w.asTheyAreNow}</p>}
      {items.length === 0 && <p className="muted">{w.noRuns}</p>}
      <ul className="plain lines">
        {items.map((child) => (
          <ChildLine key={child.id} child={child} />
        ))}
      </ul>
      {next_cursor && <p className="muted small">{w.newest(CHILDREN_SHOWN)}</p>}
    </>
  );
}

function ChildLine({ child }: { child: Run }) {
  const { w } = useRunWords();
  return (
    <li>
      <Link className="grow" href={`/runs/${child.id}`}>
        <UserText text={child.workflow_name} />, {w.childRun(shortId(child.id))}
      </Link>
      <StatusBadge status={child.status} />
      <span className="muted small">
        <RelativeTime time={child.started_at} /> · <Duration of={child} />
      </span>
      {child.error && (
        <span className="error-text">
          <UserText text={child.error.message} />
        </span>
      )}
    </li>
  );
}
