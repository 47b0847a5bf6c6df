/** The figures above the charts, each beside that of the span before. */
import { useQuery } from "@tanstack/react-query";
import type { RunStats } from "../gen/api.ts";
import { useSaying } from "./saying.ts";
import { decisionStatsQuery, type Range } from "./stats.ts";
import { useMonitorWords } from "./words.ts";

export function Tiles({
  stats,
  range,
  workflowId,
}: {
  stats: RunStats;
  range: Range;
  workflowId: string;
}) {
  const { w, number, percent, duration } = useSaying();
  const decisions = useQuery(decisionStatsQuery(range, workflowId)).data;
  const { total, previous } = stats;
  return (
    <dl className="stat-tiles">
      <Tile name={w.runsStarted} value={number(total.started)} before={number(previous.started)} />
      <Tile
        name={w.successRate}
        value={percent(total.success_rate)}
        before={percent(previous.success_rate)}
      />
      <Tile
        name={w.medianDuration}
        value={duration(total.duration_ms_median)}
        before={duration(previous.duration_ms_median)}
      />
      {decisions && (
        <Tile
          name={w.timeToDecide}
          value={duration(decisions.total.duration_ms_median)}
          before={duration(decisions.previous.duration_ms_median)}
        />
      )}
    </dl>
  );
}

function Tile({ name, value, before }: { name: string; value: string; before: string }) {
  const { w } = useMonitorWords();
  return (
    <div>
      <dt className="muted small">{name}</dt>
      <dd>
        <span className="figure">{value}</span>
        <br />
        <span className="muted small">{w.before(before)}</span>
      </dd>
    </div>
  );
}
