/** What a run by hand is given, as its trigger would have it: a form where the trigger knows what it wants, else JSON. */
import type { DeliveryDetail, FormField, Json, JsonObject, Workflow } from "../api/types.ts";
import { isObject, objectsOf } from "../graph/definition.ts";
import { instantOf, wallOf } from "../i18n/zone.ts";
import type { Draft } from "../tasks/drafts.ts";
import { initialValues, toValues } from "../tasks/form-values.ts";

/** `object`: any members; the others have a form. */
export type Shape =
  | { kind: "fields"; fields: FormField[] }
  | { kind: "webhook" }
  | { kind: "schedule" }
  | { kind: "event"; event: string }
  | { kind: "object" };

const PAYLOAD = "payload";
const SCHEDULED_AT = "scheduled_at";
const DELIVERY: JsonObject = { payload: {}, headers: {}, method: "POST", query: {} };
const FIELD_TYPES = new Set(["text", "textarea", "number", "date"]);

function configOf(workflow: Workflow): JsonObject {
  const trigger = workflow.definition?.trigger;
  return isObject(trigger) && isObject(trigger.config) ? trigger.config : {};
}

function typeOf(workflow: Workflow): string {
  const trigger = workflow.definition?.trigger;
  return isObject(trigger) ? String(trigger.type) : workflow.trigger;
}

export function shapeOf(workflow: Workflow): Shape {
  const config = configOf(workflow);
  switch (typeOf(workflow)) {
    case "webhook_trigger":
      return { kind: "webhook" };
    case "schedule_trigger":
      return { kind: "schedule" };
    case "event_trigger":
      return { kind: "event", event: String(config.event ?? "") };
    default: {
      const fields = objectsOf(config.fields).flatMap(readField);
      return fields.length > 0 ? { kind: "fields", fields } : { kind: "object" };
    }
  }
}

/** Half-written fields are left out; texts with variables have none to fill them here. */
function readField(given: JsonObject): FormField[] {
  const { name, type } = given;
  if (typeof name !== "string" || name === "" || !FIELD_TYPES.has(String(type))) return [];
  const shown = Object.entries(given).filter(
    ([, value]) => !(typeof value === "string" && value.includes("{{")),
  );
  return [{ label: name, ...Object.fromEntries(shown) } as unknown as FormField];
}

/** What the dialog begins with, unless an input is given. */
export function sampleOf(workflow: Workflow): JsonObject {
  const { sample_input } = configOf(workflow);
  if (isObject(sample_input)) return sample_input;
  return typeOf(workflow) === "webhook_trigger" ? DELIVERY : {};
}

/** Whether a form can show all that it asks for. */
export function fitsForm(shape: Shape, input: JsonObject): boolean {
  switch (shape.kind) {
    case "fields":
      return shape.fields.every(({ name }) => !isContainer(input[name]));
    case "webhook":
    case "schedule":
      return true;
    default:
      return false;
  }
}

function isContainer(value: Json | undefined): boolean {
  return typeof value === "object" && value !== null;
}

export function toForm(shape: Shape, input: JsonObject, zone: string): Draft {
  switch (shape.kind) {
    case "fields": {
      const given = Object.entries(input).filter(([, value]) => value !== null);
      const texts = given.map(([name, value]) => [
        name,
        isContainer(value) ? JSON.stringify(value) : String(value),
      ]);
      return { ...initialValues(shape.fields), ...Object.fromEntries(texts) };
    }
    case "webhook":
      return { [PAYLOAD]: JSON.stringify(input[PAYLOAD] ?? null, null, 2) };
    case "schedule":
      return { [SCHEDULED_AT]: localTime(input[SCHEDULED_AT], zone) };
    default:
      return {};
  }
}

/** The input that the form says, on top of what it does not show; null: a payload that is no JSON. */
export function fromForm(
  shape: Shape,
  draft: Draft,
  base: JsonObject,
  zone: string,
): JsonObject | null {
  switch (shape.kind) {
    case "fields":
      return { ...base, ...toValues(shape.fields, draft) };
    case "webhook": {
      const payload = readJson(draft[PAYLOAD] ?? "");
      return payload === undefined ? null : { ...DELIVERY, ...base, payload };
    }
    case "schedule": {
      const { [SCHEDULED_AT]: _former, ...rest } = base;
      const at = draft[SCHEDULED_AT] ?? "";
      return at === ""
        ? rest
        : {
            ...rest,
            [SCHEDULED_AT]: new Date(instantOf(Date.parse(`${at}Z`), zone)).toISOString(),
          };
    }
    default:
      return base;
  }
}

/** As `<input type="datetime-local">` takes it: in the zone, without naming it. */
function localTime(instant: Json | undefined, zone: string): string {
  const time = typeof instant === "string" ? Date.parse(instant) : Number.NaN;
  if (Number.isNaN(time)) return "";
  return new Date(wallOf(time, zone)).toISOString().slice(0, 19);
}

function readJson(text: string): Json | undefined {
  try {
    return JSON.parse(text.trim() === "" ? "null" : text) as Json;
  } catch {
    return undefined;
  }
}

/** Null: no JSON object. */
export function readInput(text: string): JsonObject | null {
  const value = text.trim() === "" ? {} : readJson(text);
  return isObject(value) ? value : null;
}

/** A delivery as the trigger puts it out, as far as it was kept. */
export function ofDelivery({ headers, body, body_encoding, method }: DeliveryDetail): JsonObject {
  const payload = body_encoding === "text" ? (readJson(body) ?? body) : null;
  const joined: Record<string, string> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    joined[key] = key in joined ? `${joined[key]}, ${value}` : value;
  }
  return { ...DELIVERY, payload, headers: joined, method };
}
