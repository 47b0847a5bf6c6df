/** The editor of a workflow: as a graph, as an outline or as text, with its problems below. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type KeyboardEvent, lazy, Suspense, useId, useRef, useState } from "react";
import { useLocation } from "wouter";
import { getText } from "../api/client.ts";
import type { Fault, JsonObject, Workflow } from "../api/types.ts";
import { faultPlace } from "../editor/fault-place.ts";
import type { VisualProps } from "../editor/visual-editor.tsx";
import { useEditorWords } from "../editor/words.ts";
import { useGraphWords } from "../graph/words.ts";
import { useT } from "../i18n/i18n.tsx";
import { useUser } from "../session/session.tsx";
import { LoadError, Loading } from "../ui/states.tsx";
import { useUrlState } from "../ui/url-state.ts";
import { DraftBanners } from "./draft-banners.tsx";
import { SavedState, TestButton, UndoButtons } from "./editor-bar.tsx";
import { chooseDraft, DRAFT, type FoundDraft, fetchDraft, readLocalDraft } from "./editor-draft.ts";
import { Files } from "./editor-files.tsx";
import { loadYaml, MODES, type Mode, modeOf, useDefinition } from "./editor-modes.ts";
import { TextMode } from "./editor-text.tsx";
import { Problems } from "./problems.tsx";
import { RunDialog } from "./run-dialog.tsx";
import { ScheduleCard } from "./schedule.tsx";
import { useEditor } from "./use-editor.ts";
import { type TextFormat, useValidation } from "./use-validation.ts";
import { WebhookAddress } from "./webhook-address.tsx";

const VisualEditor = lazy(async () => {
  const [editor] = await Promise.all([import("../editor/visual-editor.tsx"), loadYaml()]);
  return editor;
});
const Past = lazy(() => import("./past.tsx"));
const Versions = lazy(() => import("./versions.tsx"));

/** `compare`: two versions, such as `3..4`, or `4..draft`. */
const VERSION = { version: "", compare: "" };
const COMPARED = /^(\d+|draft)\.\.(\d+|draft)$/;
const VIEW = { mode: "", test: "" };

export function EditorForm({ workflow }: { workflow: Workflow | null }) {
  const queries = useQueryClient();
  const [{ version, compare }, change] = useUrlState(VERSION);
  const [opened, setOpened] = useState(workflow?.version ?? 0);
  const back = () => change({ version: "", compare: "" });
  const reload = async () => {
    await queries.invalidateQueries({ queryKey: ["workflow", workflow?.id], exact: true });
    setOpened((before) => before + 1);
  };
  const compared = COMPARED.exec(compare);
  if (workflow && (version !== "" || compared)) {
    return (
      <Suspense fallback={<Loading lines={4} />}>
        <Past
          workflow={workflow}
          version={version}
          compared={compared}
          onCompare={(from, to) => change({ version: "", compare: `${from}..${to}` })}
          onBack={back}
          onRestored={() => {
            back();
            setOpened((before) => before + 1);
          }}
        />
      </Suspense>
    );
  }
  return <OpenedEditor key={opened} workflow={workflow} reload={() => void reload()} />;
}

interface OpenedProps {
  workflow: Workflow | null;
  reload: () => void;
}

/** Begins with what was saved, and what was typed since: each is asked for once, when the editor opens. */
function OpenedEditor({ workflow, reload }: OpenedProps) {
  const owner = useUser().id;
  const id = workflow?.id ?? "new";
  const once = { staleTime: Number.POSITIVE_INFINITY, gcTime: 0 };
  const saved = useQuery({
    queryKey: ["workflow", id, "text"],
    queryFn: ({ signal }) =>
      getText(`/workflows/${encodeURIComponent(id)}/definition?format=yaml`, signal),
    enabled: workflow !== null,
    ...once,
  });
  const draft = useQuery({
    queryKey: ["workflow", id, "draft"],
    queryFn: async ({ signal }) =>
      chooseDraft(readLocalDraft(owner, id), await fetchDraft(id, signal)),
    ...once,
  });
  if (saved.isError) return <LoadError error={saved.error} retry={() => void saved.refetch()} />;
  if ((workflow && saved.isPending) || draft.data === undefined) return <Loading lines={4} />;
  return (
    <Editor workflow={workflow} savedText={saved.data ?? ""} found={draft.data} reload={reload} />
  );
}

interface EditorProps {
  workflow: Workflow | null;
  savedText: string;
  found: FoundDraft | null;
  reload: () => void;
}

function Editor({ workflow, savedText, found, reload }: EditorProps) {
  const t = useT();
  const w = useEditorWords();
  const { w: words } = useGraphWords();
  const id = useId();
  const [, navigate] = useLocation();
  const [view, changeView] = useUrlState(VIEW);
  const editor = useEditor(workflow, savedText, found, reload);
  const { draft, dirty, saving } = editor;
  const checked = useValidation(draft.text, draft.format);
  const visual = useDefinition(draft, editor.edit, checked);
  const [wanted, want] = useState<{ fault: Fault; count: number } | null>(null);
  const [testing, setTesting] = useState(false);
  /** How the text was last seen as text: what had to be written as JSON is turned back. */
  const format = useRef<TextFormat>(draft.format);
  const mode = modeOf(view.mode);
  const faults = editor.refusedFaults ?? checked.validation?.faults ?? [];
  const schedule = checked.validation ? checked.validation.schedule : workflow?.schedule;

  const show = (next: Mode) => {
    if (mode === "text") format.current = draft.format;
    else if (next === "text") void editor.convert(format.current);
    changeView({ mode: next }, "replace");
  };

  const keyed = (event: KeyboardEvent) => {
    const { ctrlKey, metaKey, altKey, shiftKey, target } = event;
    const typing =
      target instanceof HTMLElement && target.closest("input, textarea, select") !== null;
    const key = event.key.toLowerCase();
    const act = () => {
      if (altKey && key === "o") return () => show(mode === "outline" ? "graph" : "outline");
      if (!(ctrlKey || metaKey)) return null;
      if (key === "s") return () => void editor.save();
      if (typing || mode === "text") return null;
      if (key === "z") return shiftKey ? visual.redo : visual.undo;
      return key === "y" ? visual.redo : null;
    };
    const wish = act();
    if (!wish) return;
    event.preventDefault();
    wish();
  };

  const open = async (address: string) => {
    await editor.flush();
    navigate(`/workflows/${workflow?.id}?${address}`);
  };
  const compareDraft = () => open(`compare=${workflow?.version}..${DRAFT}`);

  const test = async () => {
    if (dirty && !(await editor.save())) return;
    setTesting(true);
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys work anywhere in the editor
    <div onKeyDown={keyed}>
      <DraftBanners
        editor={editor}
        workflow={workflow}
        found={found}
        reload={reload}
        onCompare={() => void compareDraft()}
      />
      <form
        id={`${id}-form`}
        noValidate
        className="editor-meta"
        onSubmit={(event) => {
          event.preventDefault();
          void editor.save();
        }}
      >
        <div className="field">
          <label htmlFor={`${id}-name`}>{t.workflows.name}</label>
          <input
            id={`${id}-name`}
            type="text"
            dir="auto"
            required
            autoComplete="off"
            value={draft.name}
            onChange={(event) => editor.edit({ name: event.target.value })}
          />
        </div>
        <div className="field">
          <label htmlFor={`${id}-description`}>{t.workflows.description}</label>
          <input
            id={`${id}-description`}
            type="text"
            dir="auto"
            autoComplete="off"
            value={draft.description}
            onChange={(event) => editor.edit({ description: event.target.value })}
          />
        </div>
      </form>
      {workflow?.webhook_url && <WebhookAddress path={workflow.webhook_url} />}
      <div className="editor-bar">
        <div className="row">
          <fieldset className="tabs" aria-label={w.mode}>
            {MODES.map((each) => (
              <button
                key={each}
                type="button"
                aria-pressed={mode === each}
                aria-keyshortcuts={each === "outline" ? "Alt+O" : undefined}
                onClick={() => show(each)}
              >
                {w[each]}
              </button>
            ))}
          </fieldset>
          {mode !== "text" && <UndoButtons visual={visual} />}
        </div>
        <div className="row">
          <SavedState editor={editor} workflow={workflow} />
          <TestButton
            isNew={workflow === null}
            blocked={faults.length > 0}
            dirty={dirty}
            onTest={() => void test()}
          />
          <button
            type="submit"
            form={`${id}-form`}
            className="primary"
            aria-disabled={saving === "saving" || undefined}
          >
            {saving === "saving" ? t.editor.saving : workflow ? t.editor.save : t.editor.create}
          </button>
        </div>
      </div>
      {editor.fault && (
        <p className="fault" role="alert">
          {editor.fault}
        </p>
      )}
      {mode === "text" ? (
        <TextMode
          editor={editor}
          definition={checked.validation?.definition ?? null}
          wanted={wanted}
        />
      ) : (
        <Visual
          mode={mode}
          workflowId={workflow?.id ?? null}
          definition={visual.definition}
          faults={faults}
          wanted={wanted}
          testRun={view.test}
          onEndTest={() => changeView({ test: "" }, "replace")}
          onChange={visual.change}
          onText={() => show("text")}
        />
      )}
      <div className="tiles editor-below">
        {schedule && <ScheduleCard schedule={schedule} active={workflow?.status === "Active"} />}
        <Problems
          {...checked}
          refused={editor.refusedFaults}
          nameOf={
            mode !== "text" && visual.definition
              ? (fault) => faultPlace(visual.definition ?? {}, fault, words, w)
              : undefined
          }
          onChoose={(fault) => want({ fault, count: (wanted?.count ?? 0) + 1 })}
        />
        {workflow && (
          <Suspense fallback={<Loading lines={1} />}>
            <Versions
              workflow={workflow}
              onChoose={(version) => void open(`version=${version}`)}
              onCompare={(from, to) => void open(`compare=${from}..${to}`)}
            />
          </Suspense>
        )}
      </div>
      <Files editor={editor} />
      {testing && workflow && (
        <RunDialog
          workflow={{ ...workflow, definition: visual.definition ?? {} }}
          onClose={() => setTesting(false)}
          onStarted={(run) => changeView({ test: run }, "replace")}
        />
      )}
    </div>
  );
}

interface VisualSlotProps extends Omit<VisualProps, "definition"> {
  definition: JsonObject | null | undefined;
  onText: () => void;
}

function Visual({ definition, onText, ...props }: VisualSlotProps) {
  const w = useEditorWords();
  if (definition === undefined) return <Loading lines={4} />;
  if (definition === null) {
    return (
      <div className="notice tone-warn">
        <div>
          <p>{w.unreadable}</p>
          <button type="button" onClick={onText}>
            {w.mendText}
          </button>
        </div>
      </div>
    );
  }
  return (
    <Suspense fallback={<Loading lines={4} />}>
      <VisualEditor {...props} definition={definition} />
    </Suspense>
  );
}
