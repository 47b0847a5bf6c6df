/** What an event on the stream changes in the cache: pure rules, applied in batches by `live.tsx`. */
import type { CloudEvent, Run, RunStatus } from "../api/types.ts";

/** The run's status that follows for sure from the event alone; null when only the server knows. */
export function statusAfter(type: string): RunStatus | null {
  switch (type) {
    case "flusso.run.queued":
      return "Queued";
    case "flusso.run.started":
      return "Running";
    case "flusso.run.completed":
      return "Completed";
    case "flusso.run.failed":
      return "Failed";
    case "flusso.run.cancelled":
      return "Cancelled";
    default:
      return null;
  }
}

export function isEnded(status: RunStatus): boolean {
  return status === "Completed" || status === "Failed" || status === "Cancelled";
}

/** An ended run never lives again: late events about it change nothing. */
export function runAfter(run: Run, event: CloudEvent): Run {
  const status = statusAfter(event.type);
  if (status === null || event.subject !== run.id || isEnded(run.status)) return run;
  if (!isEnded(status)) return { ...run, status };
  const duration = Date.parse(event.time) - Date.parse(run.started_at);
  return { ...run, status, finished_at: event.time, duration_ms: Math.max(0, duration) };
}

export interface Batch {
  opened: CloudEvent[];
  /** Ids of tasks that were decided or closed. */
  settled: string[];
  runs: CloudEvent[];
  runIds: string[];
}

export function sortOut(events: CloudEvent[]): Batch {
  const batch: Batch = { opened: [], settled: [], runs: [], runIds: [] };
  for (const event of events) {
    if (event.type === "flusso.task.opened") batch.opened.push(event);
    else if (event.type.startsWith("flusso.task.")) batch.settled.push(event.subject);
    else if (event.type.startsWith("flusso.run.")) batch.runs.push(event);
    const runId = event.type.startsWith("flusso.run.") ? event.subject : event.data?.run_id;
    if (typeof runId === "string" && !batch.runIds.includes(runId)) batch.runIds.push(runId);
  }
  return batch;
}
