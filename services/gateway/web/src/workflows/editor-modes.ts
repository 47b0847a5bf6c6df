/** The one draft seen as a definition: what the graph and the outline change, and how that is undone. */
import { useRef, useState } from "react";
import type { Json, JsonObject, Validation } from "../api/types.ts";
import { emptyHistory, type History, record, redo, undo } from "../editor/history.ts";
import { isObject } from "../graph/definition.ts";
import type { EditorDraft } from "./editor-draft.ts";

export type Mode = "graph" | "outline" | "text";

export const MODES: Mode[] = ["graph", "outline", "text"];

/** On a small screen a list is easier to change than a drawing. */
const SMALL = "(max-width: 767px)";

export function modeOf(wanted: string): Mode {
  const known = MODES.find((mode) => mode === wanted);
  return known ?? (window.matchMedia(SMALL).matches ? "outline" : "graph");
}

type Written = Pick<EditorDraft, "text" | "format">;

interface Checked {
  validation: Validation | null;
  checking: boolean;
}

export function useDefinition(
  draft: EditorDraft,
  edit: (part: Partial<EditorDraft>) => void,
  { validation, checking }: Checked,
) {
  const [history, setHistory] = useState<History<Written>>(emptyHistory);
  const known = useRef<{ text: string; definition: JsonObject | null }>({
    text: "",
    definition: null,
  });
  if (known.current.text !== draft.text) {
    // YAML is read by the server alone; what it has read is kept while the next text is under way.
    if (draft.format === "json") remember(readJson(draft.text));
    else if (!checking && validation) remember(validation.definition);
  }

  function remember(definition: JsonObject | null): void {
    known.current = { text: draft.text, definition };
  }

  const present: Written = { text: draft.text, format: draft.format };
  const readable = known.current.text === draft.text;

  const move = (step: typeof undo<Written>) => {
    const moved = step(history, present);
    if (!moved) return;
    setHistory(moved[0]);
    edit(moved[1]);
  };

  return {
    /** Null: not readable as a definition. Undefined: not read yet. */
    definition: readable ? known.current.definition : undefined,
    change: (definition: JsonObject, tag: string) => {
      setHistory(record(history, present, tag, Date.now()));
      const text = `${JSON.stringify(definition, null, 2)}\n`;
      known.current = { text, definition };
      edit({ text, format: "json" });
    },
    undo: () => move(undo),
    redo: () => move(redo),
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
  };
}

function readJson(text: string): JsonObject | null {
  try {
    const value = JSON.parse(text) as Json;
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
