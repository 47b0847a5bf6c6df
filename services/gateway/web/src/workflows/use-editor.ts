/** The state of the editor: what is typed, what it was made from, and how it gets saved. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import { call, newKey, Problem } from "../api/client.ts";
import { workflowQuery } from "../api/queries.ts";
import type { Fault, JsonObject, Workflow } from "../api/types.ts";
import { inLanguage } from "../editor/fault-words.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { useAnnouncer } from "../ui/announcer.tsx";
import { errorText } from "../ui/states.tsx";
import { type EditorDraft, type FoundDraft, sameContent } from "./editor-draft.ts";
import { STARTER } from "./starter.ts";
import { useKeptDraft } from "./use-kept-draft.ts";
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

export function useEditor(
  workflow: Workflow | null,
  savedText: string,
  found: FoundDraft | null,
  reload: () => void,
) {
  const { t, language } = useI18n();
  const id = workflow?.id ?? "new";
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const { receipt, alert } = useAnnouncer();
  const saved = useRef(pristine(workflow, workflow ? savedText : STARTER));
  const [restored, setRestored] = useState(found !== null);
  const [draft, setDraftState] = useState<EditorDraft>(found?.draft ?? saved.current);
  /** As of now, also for what was begun earlier. */
  const latest = useRef(draft);
  const [saving, setSaving] = useState<Saving>("idle");
  const [fault, setFault] = useState<string | null>(null);
  const [refusedFaults, setRefusedFaults] = useState<Fault[] | null>(null);
  const key = useRef({ body: "", key: "" });
  const dirty = !sameContent(draft, saved.current);
  const kept = useKeptDraft(id, found, { onTheirs: (theirs) => void takeOver(theirs) });
  const isAtRisk = dirty && kept.keeping.kind !== "kept";

  useEffect(() => {
    if (!isAtRisk) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [isAtRisk]);

  const setDraft = (next: EditorDraft) => {
    latest.current = next;
    setDraftState(next);
    setFault(null);
    setRefusedFaults(null);
  };

  const edit = (part: Partial<EditorDraft>) => {
    const next = { ...latest.current, ...part };
    setDraft(next);
    kept.change(sameContent(next, saved.current) ? null : next);
  };

  const discard = () => {
    setDraft(saved.current);
    kept.change(null);
    void kept.flush();
    setRestored(false);
    setSaving("idle");
  };

  /** Another tab or device has changed the draft, saved it, or thrown it away. */
  const takeOver = async (theirs: EditorDraft | null) => {
    if (theirs) return setDraft(theirs);
    setRestored(false);
    const now = workflow && (await queries.fetchQuery({ ...workflowQuery(id), staleTime: 0 }));
    if (now && now.version !== saved.current.base) reload();
    else setDraft(saved.current);
  };

  const loadTheirs = async () => {
    const theirs = await kept.loadTheirs();
    if (theirs !== undefined) await takeOver(theirs);
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
    if (latest.current.name.trim() === "") {
      setFault(t.editor.nameRequired);
      return false;
    }
    setSaving("saving");
    setFault(null);
    try {
      const given = latest.current;
      const definition = await readDefinition(given);
      if (!definition) {
        setSaving("idle");
        setFault(t.editor.invalid);
        alert(t.editor.invalid);
        return false;
      }
      await kept.flush();
      await store(given, definition, force);
      return true;
    } catch (error) {
      refused(error);
      return false;
    }
  };

  const send = (
    given: EditorDraft,
    definition: JsonObject,
    source: string | null,
    force: boolean,
  ) => {
    const body = { name: given.name.trim(), description: given.description, definition, source };
    const text = JSON.stringify(body);
    if (key.current.body !== text) key.current = { body: text, key: newKey() };
    return workflow
      ? call<Workflow>("PUT", `/workflows/${encodeURIComponent(workflow.id)}`, {
          body,
          headers: force || given.base === null ? {} : { "if-match": `"${given.base}"` },
        })
      : call<Workflow>("POST", "/workflows", { body, idempotencyKey: key.current.key });
  };

  const store = async (given: EditorDraft, definition: JsonObject, force: boolean) => {
    // The text itself is kept where it is what its author wrote, with comments.
    const source = given.format === "yaml" ? given.text : null;
    const stored = await send(given, definition, source, force).catch((error: unknown) => {
      // A number that a browser cannot hold: what it has read is no longer quite what was written.
      if (!(error instanceof Problem && error.members.path === "/source")) throw error;
      return send(given, definition, null, force);
    });
    saved.current = { ...given, name: given.name.trim(), base: stored.version };
    kept.saved();
    setRestored(false);
    setSaving("idle");
    // What was typed while it was being saved goes on.
    const isTyped = workflow !== null && !sameContent(latest.current, given);
    if (isTyped) edit({ base: stored.version });
    else setDraft(saved.current);
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
    if (Array.isArray(faults)) {
      void inLanguage(faults as unknown as Fault[], language).then(setRefusedFaults);
    }
    const text = Array.isArray(faults) ? t.editor.invalid : errorText(t, error);
    setFault(text);
    alert(text);
  };

  return {
    draft,
    dirty,
    restored,
    saving,
    fault,
    refusedFaults,
    keeping: kept.keeping,
    edit,
    discard,
    convert,
    save,
    flush: kept.flush,
    keepMine: kept.keepMine,
    loadTheirs,
  };
}

async function readDefinition(draft: EditorDraft): Promise<JsonObject | null> {
  const result = await validate(draft.text, draft.format);
  return result.definition;
}
