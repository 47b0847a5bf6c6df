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
import { LoadError, Loading } from "../ui/states.tsx";
import { useUrlState } from "../ui/url-state.ts";
import { TestButton, UndoButtons } from "./editor-bar.tsx";
import { Files } from "./editor-files.tsx";
import { MODES, type Mode, modeOf, useDefinition } from "./editor-modes.ts";
import { TextMode } from "./editor-text.tsx";
import { Problems } from "./problems.tsx";
import { RunDialog } from "./run-dialog.tsx";
import { ScheduleCard } from "./schedule.tsx";
import { useEditor } from "./use-editor.ts";
import { type TextFormat, useValidation } from "./use-validation.ts";
import { Versions, VersionView } from "./versions.tsx";
import { WebhookAddress } from "./webhook-address.tsx";

const VisualEditor = lazy(() => import("../editor/visual-editor.tsx"));

const VERSION = { version: "" };
const VIEW = { mode: "", test: "" };

export function EditorForm({ workflow }: { workflow: Workflow | null }) {
  const queries = useQueryClient();
  const [{ version }, change] = useUrlState(VERSION);
  const [opened, setOpened] = useState(workflow?.version ?? 0);
  const saved = useQuery({
    queryKey: ["workflow", workflow?.id, "text", opened],
    queryFn: ({ signal }) =>
      getText(
        `/workflows/${encodeURIComponent(workflow?.id ?? "")}/definition?format=yaml`,
        signal,
      ),
    enabled: workflow !== null,
    // The editor begins with this text once; what others save later arrives when it is asked for.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  if (workflow === null) return <Editor workflow={null} savedText="" reload={() => undefined} />;
  if (version !== "") {
    return (
      <VersionView id={workflow.id} version={version} onBack={() => change({ version: "" })} />
    );
  }
  if (saved.isError) return <LoadError error={saved.error} retry={() => void saved.refetch()} />;
  if (saved.isPending) return <Loading lines={4} />;
  const reload = async () => {
    await queries.invalidateQueries({ queryKey: ["workflow", workflow.id], exact: true });
    setOpened((before) => before + 1);
  };
  return (
    <Editor key={opened} workflow={workflow} savedText={saved.data} reload={() => void reload()} />
  );
}

interface EditorProps {
  workflow: Workflow | null;
  savedText: string;
  reload: () => void;
}

function Editor({ workflow, savedText, reload }: EditorProps) {
  const t = useT();
  const w = useEditorWords();
  const { w: words } = useGraphWords();
  const id = useId();
  const [, navigate] = useLocation();
  const [view, changeView] = useUrlState(VIEW);
  const editor = useEditor(workflow, savedText);
  const { draft, dirty, saving } = editor;
  const checked = useValidation(draft.text, draft.format);
  const visual = useDefinition(draft, editor.edit, checked);
  const [wanted, want] = useState<{ fault: Fault; count: number } | null>(null);
  const [testing, setTesting] = useState(false);
  /** How the text was last seen as text: graph and outline write JSON, which is turned back. */
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

  const test = async () => {
    if (dirty && !(await editor.save())) return;
    setTesting(true);
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys work anywhere in the editor
    <div onKeyDown={keyed}>
      {editor.restored && (
        <p className="banner tone-info">
          {t.editor.draftRestored}{" "}
          <button type="button" onClick={editor.discard}>
            {t.editor.discard}
          </button>
        </p>
      )}
      {saving === "newer" && (
        <div className="banner tone-warn" role="alert">
          {t.editor.newer}
          <button
            type="button"
            onClick={() => {
              editor.discard();
              reload();
            }}
          >
            {t.editor.reload}
          </button>
          <button type="button" onClick={() => void editor.save(true)}>
            {t.editor.keepMine}
          </button>
        </div>
      )}
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
          <span className="muted small" data-saved-state>
            {dirty ? t.editor.unsaved : workflow && t.editor.unchanged(workflow.version)}
          </span>
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
          <Versions
            workflow={workflow}
            onChoose={(version) => navigate(`/workflows/${workflow.id}?version=${version}`)}
          />
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
