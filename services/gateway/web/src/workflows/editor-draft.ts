/** Text that was not saved: kept until it is saved or thrown away, so that no reload loses it. */
import type { TextFormat } from "./use-validation.ts";

export interface EditorDraft {
  name: string;
  description: string;
  text: string;
  format: TextFormat;
  /** The version that the text was made from. */
  base: number | null;
}

const PREFIX = "flusso.editor.";

export function readEditorDraft(id: string): EditorDraft | null {
  try {
    const stored = sessionStorage.getItem(PREFIX + id);
    return stored ? (JSON.parse(stored) as EditorDraft) : null;
  } catch {
    return null;
  }
}

export function keepEditorDraft(id: string, draft: EditorDraft | null): void {
  try {
    if (draft) sessionStorage.setItem(PREFIX + id, JSON.stringify(draft));
    else sessionStorage.removeItem(PREFIX + id);
  } catch {
    // Storage is full or forbidden: the page itself still holds the text.
  }
}
