/** How runs fared over the last days: every figure drawn, and as a table. */
import { useQuery } from "@tanstack/react-query";
import { LoadError, Loading } from "../ui/states.tsx";
import { Durations, SuccessRate, Volume } from "./over-time.tsx";
import { Busiest, Decisions, Failing, Slowest } from "./rankings.tsx";
import { type Range, runStatsQuery, type StepKind } from "./stats.ts";
import { Tiles } from "./tiles.tsx";

interface ChartsProps {
  range: Range;
  workflowId: string;
  kind: StepKind;
  chooseKind: (kind: StepKind) => void;
}

export default function Charts({ range, workflowId, kind, chooseKind }: ChartsProps) {
  const runs = useQuery(runStatsQuery(range, workflowId));
  if (runs.isPending) return <Loading lines={6} />;
  return (
    <div className="stack">
      {runs.isError && <LoadError error={runs.error} shownSince={runs.dataUpdatedAt} />}
      {runs.data && (
        <>
          <Tiles stats={runs.data} range={range} workflowId={workflowId} />
          <div className="charts">
            <Volume stats={runs.data} />
            <SuccessRate stats={runs.data} />
            <Durations stats={runs.data} />
            <Failing range={range} workflowId={workflowId} />
            <Slowest range={range} workflowId={workflowId} kind={kind} chooseKind={chooseKind} />
            <Decisions range={range} workflowId={workflowId} />
            <Busiest range={range} workflowId={workflowId} />
          </div>
        </>
      )}
    </div>
  );
}
