/** Statistics and timelines as the API tells them, and how pages ask for them. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { get, query } from "../api/client.ts";
import type {
  DecisionStats,
  HourStats,
  RunStats,
  StepStats,
  TimelinePage,
  WorkflowStats,
} from "../gen/api.ts";
import { shownZone } from "../i18n/preferences.ts";
import { now } from "../ui/clock.ts";

export const RANGES = { "1": 1, "7": 7, "30": 30, "90": 90 } as const;
export type Range = keyof typeof RANGES;
export type StepKind = "work" | "people" | "time";
/** Figures are no alarm bells: what happened within half a minute is there soon enough. */
const REFRESH_MS = 30_000;
const DAY_MS = 86_400_000;
/** Up to this many days figures are told by the hour. */
const HOURLY_DAYS = 1;
const LIST_SIZE = 8;
const TIMELINES_SIZE = 25;

export function rangeOf(text: string): Range {
  return text in RANGES ? (text as Range) : "7";
}

/** The last days up to now, on the viewer's clocks. */
function span(range: Range, workflowId: string) {
  const end = now();
  return {
    from: new Date(end - RANGES[range] * DAY_MS).toISOString(),
    to: new Date(end).toISOString(),
    zone: shownZone(),
    workflow_id: workflowId,
  };
}

function statsQuery<T>(name: string, range: Range, workflowId: string, more = {}) {
  return queryOptions({
    queryKey: ["stats", name, range, workflowId, shownZone(), more],
    queryFn: ({ signal }) =>
      get<T>(`/stats/${name}${query({ ...span(range, workflowId), ...more })}`, signal),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });
}

export const runStatsQuery = (range: Range, workflowId = "") =>
  statsQuery<RunStats>("runs", range, workflowId, {
    bucket: RANGES[range] <= HOURLY_DAYS ? "hour" : "day",
  });

export const workflowStatsQuery = (range: Range, workflowId: string) =>
  statsQuery<WorkflowStats>("workflows", range, workflowId, { limit: LIST_SIZE });

export const stepStatsQuery = (range: Range, workflowId: string, kind: StepKind) =>
  statsQuery<StepStats>("steps", range, workflowId, { kind, limit: LIST_SIZE });

export const hourStatsQuery = (range: Range, workflowId: string) =>
  statsQuery<HourStats>("hours", range, workflowId);

export const decisionStatsQuery = (range: Range, workflowId = "") =>
  statsQuery<DecisionStats>("decisions", range, workflowId, { limit: LIST_SIZE });

/** Kept among the lists of runs, so that what the stream tells of a run changes its timeline too. */
export const timelinesQuery = (hours: number, workflowId: string) =>
  infiniteQueryOptions({
    queryKey: ["runs", "timelines", hours, workflowId],
    queryFn: ({ pageParam, signal }) => {
      const from = new Date(now() - hours * 3_600_000).toISOString();
      const asked = { from, workflow_id: workflowId, limit: TIMELINES_SIZE, cursor: pageParam };
      return get<TimelinePage>(`/timelines${query(asked)}`, signal);
    },
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
  });
