/** What was typed but not sent, by task: survives scrolling away, a reload and a lost race; ends with the tab. */

export type Draft = Record<string, string>;

const PREFIX = "flusso.draft.";
const memory = new Map<string, Draft>();

export function readDraft(taskId: string): Draft | null {
  const held = memory.get(taskId);
  if (held) return held;
  try {
    const stored = sessionStorage.getItem(PREFIX + taskId);
    return stored ? (JSON.parse(stored) as Draft) : null;
  } catch {
    return null;
  }
}

export function writeDraft(taskId: string, draft: Draft): void {
  memory.set(taskId, draft);
  try {
    sessionStorage.setItem(PREFIX + taskId, JSON.stringify(draft));
  } catch {
    // Storage is full or forbidden: the copy in memory still survives scrolling.
  }
}

export function dropDraft(taskId: string): void {
  memory.delete(taskId);
  try {
    sessionStorage.removeItem(PREFIX + taskId);
  } catch {
    // Nothing was stored then.
  }
}

export function hasDraft(taskId: string): boolean {
  return readDraft(taskId) !== null;
}

/** The tasks with a draft that this page has touched. */
export function draftedIds(): string[] {
  return [...memory.keys()];
}
