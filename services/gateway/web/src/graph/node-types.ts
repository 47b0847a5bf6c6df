/** What the canvas knows of each type: how it looks, which ports it has, what its output is known to hold. */
import type { JsonObject } from "../api/types.ts";
import { OUT, objectsOf } from "./definition.ts";

export const CATEGORIES = ["people", "flow", "data", "systems"] as const;
export type Category = (typeof CATEGORIES)[number];

/** What a type that is dragged onto the canvas is called meanwhile. */
export const DRAGGED_TYPE = "application/x-flusso-node-type";

/** 20 x 20 outlines that take the text's colour. */
const ICONS: Record<string, string> = {
  approval: "M3 5h14v10H3zM6 10l3 3 5-6",
  manual_input: "M3 4h14v12H3zM6 8h8M6 12h4",
  condition: "M10 3l7 7-7 7-7-7zM8 10h4",
  switch: "M3 10h5M8 10l4-6h5M8 10h9M8 10l4 6h5",
  transform: "M4 6h9M10 3l3 3-3 3M16 14H7M10 11l-3 3 3 3",
  http_request:
    "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM3 10h14M10 3c-4 4-4 10 0 14M10 3c4 4 4 10 0 14",
  send_email: "M3 5h14v10H3zM3 6l7 5 7-5",
  delay: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 6v4l3 2",
  for_each: "M4 7a6 6 0 0 1 11-1M15 3v3h-3M16 13a6 6 0 0 1-11 1M5 17v-3h3",
  run_workflow: "M3 4h5v4H3zM12 12h5v4h-5zM5.5 8v6H12",
  emit_event:
    "M10 10h.01M6 6a6 6 0 0 0 0 8M14 6a6 6 0 0 1 0 8M4 3a9 9 0 0 0 0 14M16 3a9 9 0 0 1 0 14",
  stop: "M7 3h6l4 4v6l-4 4H7l-4-4V7z",
  manual_trigger: "M6 4l10 6-10 6z",
  webhook_trigger: "M11 3v5h5L8 17v-5H3z",
  schedule_trigger: "M3 5h14v12H3zM3 9h14M7 3v4M13 3v4",
  event_trigger: "M10 10h.01M6 6a6 6 0 0 0 0 8M14 6a6 6 0 0 1 0 8",
};

const CATEGORY: Record<string, Category> = {
  approval: "people",
  manual_input: "people",
  condition: "flow",
  switch: "flow",
  delay: "flow",
  for_each: "flow",
  run_workflow: "flow",
  stop: "flow",
  transform: "data",
  http_request: "systems",
  send_email: "systems",
  emit_event: "systems",
};

export function iconOf(type: string): string {
  return ICONS[type] ?? "M4 4h12v12H4z";
}

export function categoryOf(type: string): Category {
  return CATEGORY[type] ?? "systems";
}

const MAY_FAIL = new Set([
  "http_request",
  "send_email",
  "delay",
  "for_each",
  "run_workflow",
  "emit_event",
]);

/** The ports that a node offers, in the order in which they are drawn. */
export function portsOf(type: string, config: JsonObject): string[] {
  if (type === "stop") return [];
  if (type === "condition") return ["true", "false"];
  if (type === "switch") return [...casesOf(config), "default"];
  if (MAY_FAIL.has(type)) return [OUT, "error"];
  if (type === "approval" || type === "manual_input") {
    return config.timeout === undefined || config.timeout === null ? [OUT] : [OUT, "timeout"];
  }
  return [OUT];
}

function casesOf(config: JsonObject): string[] {
  const cases = Array.isArray(config.cases) ? config.cases : [];
  const texts = cases.filter((one) => one !== null && typeof one !== "object").map(String);
  return [...new Set(texts)];
}

const MEMBERS: Record<string, string[]> = {
  approval: ["approved", "decision", "decided_by", "decided_at", "comment"],
  condition: ["result"],
  switch: ["matched_case", "value"],
  http_request: ["status", "headers", "body", "ok"],
  send_email: ["message_id", "accepted", "refused"],
  delay: ["resumed_at"],
  for_each: ["results", "errors", "count", "failed"],
  emit_event: ["delivered"],
  webhook_trigger: ["payload", "headers", "method", "query"],
  schedule_trigger: ["scheduled_at"],
};

/** The members of a node's output that are known before anything has run. */
export function membersOf(type: string, config: JsonObject): string[] {
  if (type === "transform") return Object.keys(config);
  if (type === "manual_input" || type === "manual_trigger") {
    return objectsOf(config.fields).flatMap((field) =>
      typeof field.name === "string" && field.name !== "" ? [field.name] : [],
    );
  }
  return MEMBERS[type] ?? [];
}
