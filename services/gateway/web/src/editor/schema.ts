/** From the published JSON Schema of workflow files to the fields of a form: one for each member of a configuration. */
import { queryOptions } from "@tanstack/react-query";
import type { Json, JsonObject } from "../api/types.ts";
import { isObject } from "../graph/definition.ts";
import type { Language } from "../i18n/preferences.ts";

export type ControlKind =
  | "text"
  | "prose"
  | "expression"
  | "number"
  | "boolean"
  | "choice"
  | "texts"
  | "values"
  | "some"
  | "map"
  | "form"
  | "object"
  | "free";

export interface Field {
  name: string;
  control: ControlKind;
  required: boolean;
  help: string;
  /** The schema says that no variable may be in it. */
  fixed: boolean;
  fallback: Json;
  options: string[];
  /** Of an object, or of each object in a list. */
  members: Field[];
}

export interface TypeInfo {
  type: string;
  help: string;
  fields: Field[];
  /** Its configuration has members of any name. */
  open: boolean;
}

export interface Schema {
  nodes: TypeInfo[];
  triggers: TypeInfo[];
  retry: Field[];
  /** Of the workflow itself. */
  settings: Field[];
  timeLimitHelp: string;
}

export const schemaQuery = (language: Language) =>
  queryOptions({
    queryKey: ["workflow-schema", language],
    queryFn: async ({ signal }) => {
      const answer = await fetch("/api/workflow.schema.json", { signal });
      if (!answer.ok) throw new Error(`schema: ${answer.status}`);
      const schema = readSchema((await answer.json()) as JsonObject);
      if (language === "en") return schema;
      const { HELPS_IT } = await import("./helps-it.ts");
      return translated(schema, HELPS_IT);
    },
    staleTime: Number.POSITIVE_INFINITY,
  });

/** The same with other words: by type and member; the fields of forms have theirs once. */
export function translated(schema: Schema, helps: Readonly<Record<string, string>>): Schema {
  const fields = (prefix: string, some: Field[]): Field[] =>
    some.map((one) => {
      const name = `${prefix}.${one.name}`;
      const inner = one.control === "form" ? "field" : name;
      return { ...one, help: helps[name] ?? one.help, members: fields(inner, one.members) };
    });
  const types = (some: TypeInfo[]) =>
    some.map((one) => ({
      ...one,
      help: helps[one.type] ?? one.help,
      fields: fields(one.type, one.fields),
    }));
  return {
    nodes: types(schema.nodes),
    triggers: types(schema.triggers),
    retry: fields("retry", schema.retry),
    settings: fields("settings", schema.settings),
    timeLimitHelp: helps.time_limit ?? schema.timeLimitHelp,
  };
}

export function readSchema(document: JsonObject): Schema {
  const definitions = objectAt(document, "$defs");
  const node = objectAt(definitions, "Node");
  const members = objectAt(node, "properties");
  return {
    nodes: typesOf(definitions, node),
    triggers: typesOf(definitions, objectAt(definitions, "Trigger")),
    retry: fieldsOf(definitions, objectAt(definitions, "RetryConfig")),
    settings: fieldsOf(definitions, objectAt(definitions, "SettingsConfig")),
    timeLimitHelp: textAt(objectAt(members, "time_limit"), "description"),
  };
}

function objectAt(object: JsonObject, name: string): JsonObject {
  const value = object[name];
  return isObject(value) ? value : {};
}

function textAt(object: JsonObject, name: string): string {
  const value = object[name];
  return typeof value === "string" ? value : "";
}

function listAt(object: JsonObject, name: string): Json[] {
  const value = object[name];
  return Array.isArray(value) ? value : [];
}

function typesOf(definitions: JsonObject, model: JsonObject): TypeInfo[] {
  const named = objectAt(objectAt(model, "properties"), "type");
  const helps = listAt(named, "enumDescriptions");
  const configs = new Map(listAt(model, "allOf").filter(isObject).map(rule));
  return listAt(named, "enum").map((type, index) => {
    const config = resolve(definitions, configs.get(String(type)) ?? {});
    return {
      type: String(type),
      help: String(helps[index] ?? ""),
      fields: fieldsOf(definitions, config),
      open: config.properties === undefined,
    };
  });
}

/** `if type is ... then config is ...` */
function rule(one: JsonObject): [string, JsonObject] {
  const type = objectAt(objectAt(objectAt(one, "if"), "properties"), "type");
  return [textAt(type, "const"), objectAt(objectAt(objectAt(one, "then"), "properties"), "config")];
}

function resolve(definitions: JsonObject, schema: JsonObject): JsonObject {
  const name = textAt(schema, "$ref").replace("#/$defs/", "");
  return name === "" ? schema : { ...objectAt(definitions, name), ...schema, $ref: null };
}

/** The kinds of value that a schema allows, without null, each in its plain form. */
function alternatives(definitions: JsonObject, schema: JsonObject): JsonObject[] {
  const choices = listAt(schema, "anyOf").filter(isObject);
  const all = choices.length > 0 ? choices : [schema];
  return all.map((one) => resolve(definitions, one)).filter((one) => one.type !== "null");
}

export function fieldsOf(definitions: JsonObject, config: JsonObject): Field[] {
  const required = listAt(config, "required");
  return Object.entries(objectAt(config, "properties")).flatMap(([name, schema]) => {
    if (!isObject(schema)) return [];
    const kinds = alternatives(definitions, schema);
    if (kinds.length === 0) return [];
    const [first = {}] = kinds;
    return [
      {
        name,
        control: controlOf(definitions, name, kinds),
        required: required.includes(name),
        help: textAt(schema, "description") || textAt(first, "description"),
        fixed: textAt(schema, "description").includes("no variables"),
        fallback: schema.default ?? null,
        options: listAt(first, "enum").map(String),
        members: fieldsOf(
          definitions,
          isObject(first.items) ? resolve(definitions, first.items) : first,
        ),
      },
    ];
  });
}

const PROSE = new Set(["prompt", "body", "message"]);

function controlOf(definitions: JsonObject, name: string, kinds: JsonObject[]): ControlKind {
  const [schema = {}] = kinds;
  const types = [schema.type ?? []].flat();
  if (kinds.length > 1) return kinds.some((one) => one.type === "array") ? "some" : "free";
  if (Array.isArray(schema.enum)) return "choice";
  if (types.includes("string")) {
    if (name === "expression") return "expression";
    return PROSE.has(name) ? "prose" : "text";
  }
  if (types.includes("number") || types.includes("integer")) return "number";
  if (types.includes("boolean")) return "boolean";
  if (types.includes("array")) return listControl(definitions, objectAt(schema, "items"));
  if (!types.includes("object")) return "free";
  if (isObject(schema.additionalProperties)) return "map";
  return schema.properties === undefined ? "free" : "object";
}

function listControl(definitions: JsonObject, items: JsonObject): ControlKind {
  const item = resolve(definitions, items);
  if (item.properties !== undefined) return "form";
  return item.type === undefined ? "values" : "texts";
}
