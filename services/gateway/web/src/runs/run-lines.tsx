/** A few runs as lines, for places where a table would be too much. */
import { Link } from "wouter";
import type { Run } from "../api/types.ts";
import { StatusBadge } from "../ui/status.tsx";
import { UserText } from "../ui/text.tsx";
import { Duration, RelativeTime } from "../ui/time.tsx";

export function RunLines({ runs }: { runs: Run[] }) {
  return (
    <ul className="plain lines">
      {runs.map((run) => (
        <li key={run.id}>
          <Link className="grow" href={`/runs/${run.id}`}>
            <UserText text={run.workflow_name} />
          </Link>
          <StatusBadge status={run.status} />
          <span className="muted small">
            {run.started_at && <RelativeTime time={run.started_at} />} · <Duration of={run} />
          </span>
        </li>
      ))}
    </ul>
  );
}
