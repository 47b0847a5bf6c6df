/** The state of the editor: what is typed, what it was made from, and how it gets saved. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import { call, newKey, Problem } from "../api/client.ts";
import { workflowQuery } from "../api/queries.ts";
import type { Fault, JsonObject, Workflow } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { useAnnouncer } from "../ui/announcer.tsx";
import { errorText } from "../ui/states.tsx";
import { type EditorDraft, keepEditorDraft, readEditorDraft } from "./editor-draft.ts";
import { STARTER } from "./starter.ts";
import { type TextFormat, validate } from "./use-validation.ts";

export type Saving = "idle" | "saving" | "newer";

function pristine(workflow: Workflow | null, text: string): EditorDraft {
  return {
    name: workflow?.name ?? "",
    description: workflow?.description ?? "",
    text,
    format: "yaml",
    base: workflow?.version ?? null,
  };
}

export function useEditor(workflow: Workflow | null, savedText: string) {
  const t = useT();
  const id = workflow?.id ?? "new";
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const { receipt, alert } = useAnnouncer();
  const saved = useRef(pristine(workflow, workflow ? savedText : STARTER));
  const [restored, setRestored] = useState(() => readEditorDraft(id) !== null);
  const [draft, setDraft] = useState<EditorDraft>(() => readEditorDraft(id) ?? saved.current);
  const [saving, setSaving] = useState<Saving>("idle");
  const [fault, setFault] = useState<string | null>(null);
  const [refusedFaults, setRefusedFaults] = useState<Fault[] | null>(null);
  const key = useRef({ body: "", key: "" });
  const dirty = !sameContent(draft, saved.current);

  useEffect(() => {
    if (!dirty) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [dirty]);

  const edit = (part: Partial<EditorDraft>) => {
    const next = { ...draft, ...part };
    setDraft(next);
    setFault(null);
    setRefusedFaults(null);
    keepEditorDraft(id, sameContent(next, saved.current) ? null : next);
  };

  const discard = () => {
    keepEditorDraft(id, null);
    setDraft(saved.current);
    setRestored(false);
    setSaving("idle");
    setFault(null);
  };

  /** Another format says the same in other words; only a text that can be read can be turned into it. */
  const convert = async (format: TextFormat) => {
    if (format === draft.format) return;
    const result = await validate(draft.text, draft.format).catch(() => null);
    const text = format === "yaml" ? result?.yaml : result?.json;
    if (!result?.definition || text == null) return setFault(t.editor.convertFirst);
    // What was saved is the same thing in either format: turning it over is not a change.
    if (draft.text === saved.current.text) saved.current = { ...saved.current, text, format };
    edit({ text, format });
  };

  /** Whether it was saved. */
  const save = async (force = false): Promise<boolean> => {
    if (saving === "saving") return false;
    if (draft.name.trim() === "") {
      setFault(t.editor.nameRequired);
      return false;
    }
    setSaving("saving");
    setFault(null);
    try {
      const definition = await readDefinition(draft);
      if (!definition) {
        setSaving("idle");
        setFault(t.editor.invalid);
        alert(t.editor.invalid);
        return false;
      }
      await store(definition, force);
      return true;
    } catch (error) {
      refused(error);
      return false;
    }
  };

  const store = async (definition: JsonObject, force: boolean) => {
    const body = { name: draft.name.trim(), description: draft.description, definition };
    const text = JSON.stringify(body);
    if (key.current.body !== text) key.current = { body: text, key: newKey() };
    const stored = workflow
      ? await call<Workflow>("PUT", `/workflows/${encodeURIComponent(workflow.id)}`, {
          body,
          headers: force || draft.base === null ? {} : { "if-match": `"${draft.base}"` },
        })
      : await call<Workflow>("POST", "/workflows", { body, idempotencyKey: key.current.key });
    saved.current = { ...draft, name: body.name, base: stored.version };
    keepEditorDraft(id, null);
    setRestored(false);
    setDraft(saved.current);
    setSaving("idle");
    receipt(t.editor.saved(stored.version));
    queries.setQueryData(workflowQuery(stored.id).queryKey, stored);
    void queries.invalidateQueries({ queryKey: ["workflows"] });
    void queries.invalidateQueries({ queryKey: ["workflow", stored.id] });
    if (!workflow) navigate(`/workflows/${stored.id}${window.location.search}`, { replace: true });
  };

  const refused = (error: unknown) => {
    if (error instanceof Problem && error.status === 412) return setSaving("newer");
    setSaving("idle");
    const faults = error instanceof Problem ? error.members.faults : null;
    if (Array.isArray(faults)) setRefusedFaults(faults as unknown as Fault[]);
    const text = Array.isArray(faults) ? t.editor.invalid : errorText(t, error);
    setFault(text);
    alert(text);
  };

  return { draft, dirty, restored, saving, fault, refusedFaults, edit, discard, convert, save };
}

function sameContent(one: EditorDraft, other: EditorDraft): boolean {
  return (
    one.name === other.name && one.description === other.description && one.text === other.text
  );
}

async function readDefinition(draft: EditorDraft): Promise<JsonObject | null> {
  const result = await validate(draft.text, draft.format);
  return result.definition;
}
