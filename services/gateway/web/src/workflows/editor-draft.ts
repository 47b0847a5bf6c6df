/** Text that was not saved: kept on the server, so that every tab and device of its author has it, and in this browser
 * until the server has it. */
import { call, Problem } from "../api/client.ts";
import type { TextFormat } from "./use-validation.ts";

/** Stands for the draft where else a version's number is. */
export const DRAFT = "draft";

export interface EditorDraft {
  name: string;
  description: string;
  text: string;
  format: TextFormat;
  /** The version that the text was made from. */
  base: number | null;
}

/** As the server tells it. */
export interface ServerDraft {
  name: string;
  description: string;
  text: string;
  format: TextFormat;
  base_version: number | null;
  revision: number;
  saved_at: string;
}

/** What this browser holds; `isKept`: the server has had it, under that revision. */
export interface LocalDraft {
  draft: EditorDraft;
  revision: number | null;
  isKept: boolean;
}

/** What the editor begins with; `changed`: the server has another one than this was made from. */
export interface FoundDraft {
  draft: EditorDraft;
  revision: number | null;
  savedAt: string | null;
  isKept: boolean;
  changed: boolean;
}

const PREFIX = "flusso.editor.";
const keyOf = (owner: string, id: string) => `${PREFIX}${owner}.${id}`;

export function readLocalDraft(owner: string, id: string): LocalDraft | null {
  try {
    const stored = localStorage.getItem(keyOf(owner, id));
    return stored ? (JSON.parse(stored) as LocalDraft) : null;
  } catch {
    return null;
  }
}

export function writeLocalDraft(owner: string, id: string, local: LocalDraft | null): void {
  try {
    if (local) localStorage.setItem(keyOf(owner, id), JSON.stringify(local));
    else localStorage.removeItem(keyOf(owner, id));
  } catch {
    // Storage is full or forbidden: the page and the server still hold the text.
  }
}

export function sameContent(one: EditorDraft, other: EditorDraft): boolean {
  return (
    one.name === other.name && one.description === other.description && one.text === other.text
  );
}

export function ofServer({
  name,
  description,
  text,
  format,
  base_version,
}: ServerDraft): EditorDraft {
  return { name, description, text, format, base: base_version };
}

/** Which of the two to begin with. `server`: null if it has none, undefined if it could not be asked. */
export function chooseDraft(
  local: LocalDraft | null,
  server: ServerDraft | null | undefined,
): FoundDraft | null {
  const mine = local && { ...local, savedAt: null, changed: false };
  if (server === undefined) return mine && { ...mine, isKept: false };
  if (server === null) {
    // It was kept and is gone: saved or discarded elsewhere.
    return mine?.isKept ? null : mine && { ...mine, revision: null };
  }
  const theirs: FoundDraft = {
    draft: ofServer(server),
    revision: server.revision,
    savedAt: server.saved_at,
    isKept: true,
    changed: false,
  };
  if (!mine || mine.isKept || sameContent(mine.draft, theirs.draft)) return theirs;
  return { ...mine, changed: mine.revision !== server.revision };
}

const pathOf = (id: string) => `/workflows/${encodeURIComponent(id)}/draft`;

/** Null if there is none; undefined if the server cannot be asked. */
export async function fetchDraft(
  id: string,
  signal?: AbortSignal,
): Promise<ServerDraft | null | undefined> {
  try {
    const options = signal ? { signal } : {};
    return (await call<ServerDraft | undefined>("GET", pathOf(id), options)) ?? null;
  } catch (error) {
    if (signal?.aborted) throw error;
    return undefined;
  }
}

/** Throws `DraftChanged` if the server has another one than this was made from. */
export async function sendDraft(
  id: string,
  draft: EditorDraft,
  revision: number | null | "any",
): Promise<ServerDraft> {
  const { base, ...body } = draft;
  return refusing(
    call<ServerDraft>("PUT", pathOf(id), {
      body: { ...body, base_version: base },
      headers: conditions(revision),
    }),
  );
}

export async function dropDraft(id: string, revision: number | "any"): Promise<void> {
  await refusing(call<void>("DELETE", pathOf(id), { headers: conditions(revision) }));
}

export class DraftChanged extends Error {}

function conditions(revision: number | null | "any"): Record<string, string> {
  if (revision === "any") return {};
  return revision === null ? { "if-none-match": "*" } : { "if-match": `"${revision}"` };
}

async function refusing<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Problem && error.code === "draft-changed") throw new DraftChanged();
    throw error;
  }
}
