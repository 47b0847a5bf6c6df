/** What a version, or a draft, says: read once for comparing and restoring. */
import { queryOptions } from "@tanstack/react-query";
import { call, get } from "../api/client.ts";
import type { JsonObject, Validation, Workflow } from "../api/types.ts";
import { DRAFT, type ServerDraft } from "./editor-draft.ts";
import { validate } from "./use-validation.ts";

export interface Contents {
  name: string;
  description: string;
  /** Null: the text of a draft cannot be read. */
  definition: JsonObject | null;
  yaml: string;
  json: string;
  /** As its author wrote it, where that was kept. */
  source: string | null;
}

export interface VersionedWorkflow extends Workflow {
  definition: JsonObject;
  source?: string | null;
}

const pathOf = (id: string) => `/workflows/${encodeURIComponent(id)}`;

/** A version never changes; a draft does. */
export const contentsQuery = (id: string, which: string) =>
  queryOptions({
    queryKey: ["workflow", id, "contents", which],
    queryFn: ({ signal }) => (which === DRAFT ? readDraft(id, signal) : read(id, which, signal)),
    staleTime: which === DRAFT ? 0 : Number.POSITIVE_INFINITY,
    gcTime: which === DRAFT ? 0 : 300_000,
  });

async function read(id: string, version: string, signal: AbortSignal): Promise<Contents> {
  const path = `${pathOf(id)}/versions/${encodeURIComponent(version)}`;
  const found = await get<VersionedWorkflow>(path, signal);
  const { name, description, definition, source = null } = found;
  const body = { definition };
  const checked = await call<Validation>("POST", "/workflows/validate", { body, signal });
  const json = checked.json ?? JSON.stringify(definition, null, 2);
  return { name, description, definition, yaml: checked.yaml ?? json, json, source };
}

async function readDraft(id: string, signal: AbortSignal): Promise<Contents> {
  const found = await get<ServerDraft | undefined>(`${pathOf(id)}/draft`, signal);
  if (!found) throw new Error("There is no draft.");
  const { name, description, text, format } = found;
  const { definition, yaml, json } = await validate(text, format, signal);
  return {
    name,
    description,
    definition,
    yaml: yaml ?? text,
    json: json ?? text,
    source: format === "yaml" ? text : null,
  };
}
