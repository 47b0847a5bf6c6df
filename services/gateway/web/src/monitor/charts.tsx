/** How runs fared over the last days: every figure drawn, and as a table. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { HourFigures, RunStats } from "../gen/api.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { shownZone } from "../i18n/preferences.ts";
import { LoadError, Loading } from "../ui/states.tsx";
import { BarList } from "./bar-list.tsx";
import { Figure } from "./figure.tsx";
import { HeatMap, hourName, weekdayName } from "./heat-map.tsx";
import { durationTicks } from "./scales.ts";
import {
  decisionStatsQuery,
  hourStatsQuery,
  type Range,
  runStatsQuery,
  type StepKind,
  stepStatsQuery,
  workflowStatsQuery,
} from "./stats.ts";
import { TimeChart } from "./time-chart.tsx";
import { useMonitorWords } from "./words.ts";

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

/** Numbers as these charts write them. */
export function useSaying() {
  const { language, format } = useI18n();
  const { w } = useMonitorWords();
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
  const timeZone = shownZone();
  const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", timeZone });
  const hour = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", timeZone });
  return {
    w,
    format,
    language,
    percent: (value: number | null) => (value === null ? w.none : percent.format(value)),
    duration: (value: number | null) => (value === null ? w.none : format.duration(value)),
    number: (value: number) => format.number(value),
    at: (time: string, bucket: "hour" | "day") =>
      (bucket === "hour" ? hour : day).format(new Date(time)),
  };
}

function Tiles({
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

export function Tile({ name, value, before }: { name: string; value: string; before: string }) {
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

function Volume({ stats }: { stats: RunStats }) {
  const { w, number, at } = useSaying();
  const { total, items, bucket } = stats;
  const said = [total.completed, total.failed, total.cancelled].map(number);
  return (
    <Figure
      title={w.volume}
      wide
      table={{
        head: [w.time, w.started, w.completed, w.failed, w.rejected, w.cancelled],
        rows: items.map((item) => [
          at(item.at, bucket),
          ...[item.started, item.completed, item.failed, item.rejected, item.cancelled].map(number),
        ]),
      }}
    >
      <TimeChart
        kind="bars"
        label={w.volumeLabel(said[0] ?? "", said[1] ?? "", said[2] ?? "")}
        times={items.map((item) => at(item.at, bucket))}
        say={number}
        layers={[
          { name: w.completed, tone: "ok", values: items.map((item) => item.completed) },
          { name: w.failed, tone: "danger", values: items.map((item) => item.failed) },
          { name: w.cancelled, tone: "muted", values: items.map((item) => item.cancelled) },
        ]}
      />
    </Figure>
  );
}

function SuccessRate({ stats: { items, bucket, total } }: { stats: RunStats }) {
  const { w, percent, at } = useSaying();
  return (
    <Figure
      title={w.successRate}
      table={{
        head: [w.time, w.successRate],
        rows: items.map((item) => [at(item.at, bucket), percent(item.success_rate)]),
      }}
    >
      <TimeChart
        kind="lines"
        label={w.successLabel(percent(total.success_rate))}
        times={items.map((item) => at(item.at, bucket))}
        say={percent}
        ticks={[0, 0.25, 0.5, 0.75, 1]}
        layers={[
          { name: w.successRate, tone: "ok", values: items.map((item) => item.success_rate) },
        ]}
      />
    </Figure>
  );
}

function Durations({ stats: { items, bucket, total } }: { stats: RunStats }) {
  const { w, duration, at } = useSaying();
  const means = items.map((item) => item.duration_ms_mean);
  const medians = items.map((item) => item.duration_ms_median);
  const largest = Math.max(0, ...means.map(Number), ...medians.map(Number));
  return (
    <Figure
      title={w.durations}
      table={{
        head: [w.time, w.median, w.mean, w.p90],
        rows: items.map((item) => [
          at(item.at, bucket),
          duration(item.duration_ms_median),
          duration(item.duration_ms_mean),
          duration(item.duration_ms_p90),
        ]),
      }}
    >
      <TimeChart
        kind="lines"
        label={w.durationsLabel(
          duration(total.duration_ms_median),
          duration(total.duration_ms_p90),
        )}
        times={items.map((item) => at(item.at, bucket))}
        say={duration}
        ticks={durationTicks(largest)}
        layers={[
          { name: w.median, tone: "accent", values: medians },
          { name: w.mean, tone: "warn", values: means },
        ]}
      />
    </Figure>
  );
}

interface ListProps {
  range: Range;
  workflowId: string;
}

function Failing({ range, workflowId }: ListProps) {
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

function Slowest({ range, workflowId, kind, chooseKind }: SlowestProps) {
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

function Decisions({ range, workflowId }: ListProps) {
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

function Busiest({ range, workflowId }: ListProps) {
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
