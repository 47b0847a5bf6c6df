/** A run's log as pages and words: pure rules. */
import type { JsonObject, LogEvent, RunDetail } from "../api/types.ts";

export const EVENTS_SHOWN = 50;
const PREFIX = "flusso.run.";

export interface LogPage {
  /** How many events come before the page. */
  after: number;
  size: number;
}

/** The page of the log that holds an event; the last one is as long as the log is by now. */
export function pageWith(sequence: number, total: number): LogPage {
  const after = Math.floor((Math.max(1, sequence) - 1) / EVENTS_SHOWN) * EVENTS_SHOWN;
  return { after, size: Math.max(0, Math.min(EVENTS_SHOWN, total - after)) };
}

/** An event's number as the address has it; null for now, and for what is no number. */
export function readSequence(text: string): number | null {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;
}

/** What happened; the clock of a delay is one of its own, since nobody set a limit. */
export function kindOf(event: LogEvent): string {
  if (event.type === `${PREFIX}timer_set` && event.data.kind === "delay") return "delay_set";
  return event.type.startsWith(PREFIX) ? event.type.slice(PREFIX.length) : event.type;
}

/** The key of the step that an event is about; empty for the run itself. */
export function nodeOf(event: LogEvent): string {
  return typeof event.data.node === "string" ? event.data.node : "";
}

/** The person or the program behind an event; null for what Flusso did by itself. */
export function actorOf(event: LogEvent): string | null {
  const actor = event.data.by ?? event.data.actor;
  if (typeof actor !== "object" || actor === null || Array.isArray(actor)) return null;
  return typeof actor.name === "string" ? actor.name : null;
}

/** The names of the steps by their keys. */
export function stepNames(run: RunDetail): Record<string, string> {
  const nodes = run.definition?.nodes;
  if (!Array.isArray(nodes)) return {};
  return Object.fromEntries(nodes.map((node) => nameOf(node as JsonObject)));
}

function nameOf(node: JsonObject): [string, string] {
  const key = String(node.key);
  return [key, typeof node.name === "string" && node.name !== "" ? node.name : key];
}
