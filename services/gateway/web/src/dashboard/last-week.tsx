/** What a lead looks at in the morning: the last seven days against those before, and what is overdue. */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { get } from "../api/client.ts";
import type { Page, Task } from "../api/types.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { decisionStatsQuery, runStatsQuery } from "../monitor/stats.ts";
import { useMonitorWords } from "../monitor/words.ts";
import { LoadError } from "../ui/states.tsx";

/** Among what the Dashboard asks for, so that the stream keeps it true. */
const overdueQuery = queryOptions({
  queryKey: ["dashboard", "overdue"],
  queryFn: ({ signal }) => get<Page<Task>>("/tasks?overdue=true&limit=1", signal),
});

export function LastWeek() {
  const { language, format } = useI18n();
  const { w } = useMonitorWords();
  const runs = useQuery(runStatsQuery("7"));
  const decisions = useQuery(decisionStatsQuery("7"));
  const overdue = useQuery(overdueQuery);
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
  const rate = (value: number | null) => (value === null ? w.none : percent.format(value));
  const duration = (value: number | null) => (value === null ? w.none : format.duration(value));
  const failed = [runs, decisions, overdue].find(({ isError }) => isError);
  return (
    <section className="card" aria-labelledby="last-week">
      <h2 id="last-week">{w.lastWeek}</h2>
      {failed && <LoadError error={failed.error} />}
      <ul className="plain lines">
        {runs.data && (
          <Line
            name={w.successRate}
            value={rate(runs.data.total.success_rate)}
            before={w.before(rate(runs.data.previous.success_rate))}
          />
        )}
        {decisions.data && (
          <Line
            name={w.timeToDecide}
            value={duration(decisions.data.total.duration_ms_median)}
            before={w.before(duration(decisions.data.previous.duration_ms_median))}
          />
        )}
        {overdue.data && (
          <li>
            <span className="grow">{w.overdue}</span>
            <strong data-overdue>{format.number(overdue.data.total ?? 0)}</strong>
            {(overdue.data.total ?? 0) > 0 && (
              <Link href="/tasks?overdue=true&sort=due">{w.showOverdue}</Link>
            )}
          </li>
        )}
      </ul>
      <Link href="/monitor?view=charts">{w.moreInMonitor}</Link>
    </section>
  );
}

function Line({ name, value, before }: { name: string; value: string; before: string }) {
  return (
    <li>
      <span className="grow">
        {name}
        <span className="muted small">, {before}</span>
      </span>
      <strong>{value}</strong>
    </li>
  );
}
