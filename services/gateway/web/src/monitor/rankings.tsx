/** Which workflows fail, which steps are slow, what people take long to decide, and when runs start. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { HourFigures } from "../gen/api.ts";
import { LoadError, Loading } from "../ui/states.tsx";
import { BarList } from "./bar-list.tsx";
import { Figure } from "./figure.tsx";
import { HeatMap, hourName, weekdayName } from "./heat-map.tsx";
import { useSaying } from "./saying.ts";
import {
  decisionStatsQuery,
  hourStatsQuery,
  type Range,
  type StepKind,
  stepStatsQuery,
  workflowStatsQuery,
} from "./stats.ts";

interface ListProps {
  range: Range;
  workflowId: string;
}

export function Failing({ range, workflowId }: ListProps) {
  const { w, percent, number } = useSaying();
  const result = useQuery(workflowStatsQuery(range, workflowId));
  const items = result.data?.items ?? [];
  const rate = (item: (typeof items)[number]) => 1 - (item.success_rate ?? 1);
  return (
    <Loaded result={result}>
      <Figure
        title={w.failing}
        table={{
          head: [w.workflow, w.failed, w.rejected, w.completed, w.successRate],
          rows: items.map((item) => [
            item.workflow_name,
            ...[item.failed, item.rejected, item.completed].map(number),
            percent(item.success_rate),
          ]),
        }}
      >
        <BarList
          tone="danger"
          lines={items.map((item) => ({
            key: item.workflow_id,
            name: item.workflow_name,
            under: "",
            href: `/monitor?workflow_id=${item.workflow_id}&status=Failed`,
            share: rate(item),
            value: percent(rate(item)),
            detail: [
              w.failedOf(number(item.failed), number(item.failed + item.completed)),
              ...(item.rejected > 0 ? [w.rejectedOf(item.rejected)] : []),
            ].join(", "),
          }))}
        />
      </Figure>
    </Loaded>
  );
}

interface SlowestProps extends ListProps {
  kind: StepKind;
  chooseKind: (kind: StepKind) => void;
}

export function Slowest({ range, workflowId, kind, chooseKind }: SlowestProps) {
  const { w, duration, number } = useSaying();
  const result = useQuery(stepStatsQuery(range, workflowId, kind));
  const items = result.data?.items ?? [];
  const largest = items[0]?.duration_ms_mean ?? 0;
  const choice = (
    <label className="small">
      <span className="visually-hidden">{w.kind}</span>
      <select value={kind} onChange={(event) => chooseKind(event.target.value as StepKind)}>
        {(["work", "people", "time"] as const).map((name) => (
          <option key={name} value={name}>
            {w.kinds[name]}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <Loaded result={result}>
      <Figure
        title={w.slowest}
        control={choice}
        table={{
          head: [w.step, w.workflow, w.mean, w.median, w.p90, w.times, w.failed],
          rows: items.map((item) => [
            item.step_name,
            item.workflow_name,
            duration(item.duration_ms_mean),
            duration(item.duration_ms_median),
            duration(item.duration_ms_p90),
            number(item.steps),
            number(item.failed),
          ]),
        }}
      >
        <BarList
          tone="accent"
          lines={items.map((item) => ({
            key: `${item.workflow_id}/${item.node}`,
            name: item.step_name,
            under: item.workflow_name,
            href: `/workflows/${item.workflow_id}`,
            share: largest > 0 ? item.duration_ms_mean / largest : 0,
            value: duration(item.duration_ms_mean),
            detail: w.stepDetail(
              duration(item.duration_ms_median),
              duration(item.duration_ms_p90),
              number(item.steps),
            ),
          }))}
        />
      </Figure>
    </Loaded>
  );
}

export function Decisions({ range, workflowId }: ListProps) {
  const { w, duration, number } = useSaying();
  const result = useQuery(decisionStatsQuery(range, workflowId));
  const items = result.data?.items ?? [];
  const largest = items[0]?.duration_ms_median ?? 0;
  return (
    <Loaded result={result}>
      <Figure
        title={w.decisions}
        table={{
          head: [w.step, w.workflow, w.median, w.p90, w.decided, w.timedOut],
          rows: items.map((item) => [
            item.step_name,
            item.workflow_name,
            duration(item.duration_ms_median),
            duration(item.duration_ms_p90),
            number(item.decisions),
            number(item.timed_out),
          ]),
        }}
      >
        <BarList
          tone="warn"
          lines={items.map((item) => ({
            key: `${item.workflow_id}/${item.node}`,
            name: item.step_name,
            under: item.workflow_name,
            href: `/tasks?status=decided&workflow_id=${item.workflow_id}`,
            share: largest > 0 ? (item.duration_ms_median ?? 0) / largest : 0,
            value: duration(item.duration_ms_median),
            detail: w.decisionDetail(duration(item.duration_ms_p90), number(item.decisions)),
          }))}
        />
      </Figure>
    </Loaded>
  );
}

export function Busiest({ range, workflowId }: ListProps) {
  const { w, number, language } = useSaying();
  const result = useQuery(hourStatsQuery(range, workflowId));
  const items = result.data?.items ?? [];
  const most = items.reduce<HourFigures | null>(
    (best, item) => (item.started > (best?.started ?? 0) ? item : best),
    null,
  );
  const named = (weekday: number) => weekdayName(weekday, language, "long");
  return (
    <Loaded result={result}>
      <Figure
        title={w.busiest}
        table={{
          head: [w.day, w.hour, w.started],
          rows: items
            .filter((item) => item.started > 0)
            .map((item) => [named(item.weekday), hourName(item.hour), number(item.started)]),
        }}
      >
        {most && (
          <HeatMap items={items} label={w.busiestLabel(named(most.weekday), hourName(most.hour))} />
        )}
      </Figure>
    </Loaded>
  );
}

interface Result {
  isPending: boolean;
  isError: boolean;
  error: unknown;
  dataUpdatedAt: number;
}

/** A chart that has no answer yet keeps its place; one that fails says so and leaves the others alone. */
function Loaded({ result, children }: { result: Result; children: ReactNode }) {
  if (result.isPending)
    return (
      <div className="card chart-card">
        <Loading />
      </div>
    );
  return (
    <div>
      {result.isError && <LoadError error={result.error} shownSince={result.dataUpdatedAt} />}
      {children}
    </div>
  );
}
