/** What became of runs from one hour or day to the next. */
import type { RunStats } from "../gen/api.ts";
import { Figure } from "./figure.tsx";
import { useSaying } from "./saying.ts";
import { durationTicks } from "./scales.ts";
import { TimeChart } from "./time-chart.tsx";

export function Volume({ stats }: { stats: RunStats }) {
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

export function SuccessRate({ stats: { items, bucket, total } }: { stats: RunStats }) {
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

export function Durations({ stats: { items, bucket, total } }: { stats: RunStats }) {
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
