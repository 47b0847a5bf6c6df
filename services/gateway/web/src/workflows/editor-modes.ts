/** The one draft seen as a definition: what the graph and the outline change, and how that is undone. */
import { useEffect, useRef, useState } from "react";
import type { Json, JsonObject, Validation } from "../api/types.ts";
import { emptyHistory, type History, record, redo, undo } from "../editor/history.ts";
import { isEqual, isObject } from "../graph/definition.ts";
import type { EditorDraft } from "./editor-draft.ts";

export type Mode = "graph" | "outline" | "text";

export const MODES: Mode[] = ["graph", "outline", "text"];

/** On a small screen a list is easier to change than a drawing. */
const SMALL = "(max-width: 767px)";

export function modeOf(wanted: string): Mode {
  const known = MODES.find((mode) => mode === wanted);
  return known ?? (window.matchMedia(SMALL).matches ? "outline" : "graph");
}

type Rewrite = (text: string, before: JsonObject, next: JsonObject) => string | null;

/** Null until the part that reads YAML is here. */
let rewriteYaml: Rewrite | null = null;

/** Without it a change is written as JSON, which loses comments and nothing else. */
export const loadYaml = (): Promise<void> =>
  import("../editor/yaml-edits.ts").then(
    (loaded) => {
      rewriteYaml = loaded.rewriteYaml;
    },
    () => undefined,
  );

type Written = Pick<EditorDraft, "text" | "format">;

/** With what it says, so that going back to it needs no server. */
type Step = Written & { definition: JsonObject | null | undefined };

interface Checked {
  validation: Validation | null;
  checking: boolean;
}

export function useDefinition(
  draft: EditorDraft,
  edit: (part: Partial<EditorDraft>) => void,
  { validation, checking }: Checked,
) {
  const [history, setHistory] = useState<History<Step>>(emptyHistory);
  const known = useRef<{ text: string; definition: JsonObject | null }>({
    text: "",
    definition: null,
  });
  /** What the text stands for that was written here last. */
  const meant = useRef<{ text: string; definition: JsonObject } | null>(null);
  if (known.current.text !== draft.text) {
    // YAML is read by the server alone; what it has read is kept while the next text is under way.
    if (draft.format === "json") remember(readJson(draft.text));
    else if (!checking && validation) remember(validation.definition);
  }

  function remember(definition: JsonObject | null): void {
    known.current = { text: draft.text, definition };
  }

  // Two readers of YAML: should they ever differ, what was meant is said in JSON.
  const isMisread =
    draft.format === "yaml" &&
    draft.text === meant.current?.text &&
    !checking &&
    validation !== null &&
    !isEqual(validation.definition, meant.current.definition);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each text that is misread
  useEffect(() => {
    if (isMisread && meant.current) edit(inJson(meant.current.definition));
  }, [isMisread]);

  const readable = known.current.text === draft.text;
  const present: Step = {
    text: draft.text,
    format: draft.format,
    definition: readable ? known.current.definition : undefined,
  };

  const move = (step: typeof undo<Step>) => {
    const moved = step(history, present);
    if (!moved) return;
    setHistory(moved[0]);
    const { definition, ...written } = moved[1];
    if (definition) known.current = { text: written.text, definition };
    edit(written);
  };

  return {
    /** Null: not readable as a definition. Undefined: not read yet. */
    definition: present.definition,
    change: (definition: JsonObject, tag: string) => {
      setHistory(record(history, present, tag, Date.now()));
      const { text, definition: before } = known.current;
      const isYaml = draft.format === "yaml" && before !== null;
      const yaml = isYaml ? rewriteYaml?.(text, before, definition) : null;
      const written: Written = yaml == null ? inJson(definition) : { text: yaml, format: "yaml" };
      known.current = { text: written.text, definition };
      meant.current = { text: written.text, definition };
      edit(written);
    },
    undo: () => move(undo),
    redo: () => move(redo),
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
  };
}

function inJson(definition: JsonObject): Written {
  return { text: `${JSON.stringify(definition, null, 2)}\n`, format: "json" };
}

function readJson(text: string): JsonObject | null {
  try {
    const value = JSON.parse(text) as Json;
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
