/** The text of a workflow with its problems beside it. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useRef, useState } from "react";
import { useLocation } from "wouter";
import { getText } from "../api/client.ts";
import type { Fault, Workflow } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { saveAs } from "../ui/save.ts";
import { LoadError, Loading } from "../ui/states.tsx";
import { useUrlState } from "../ui/url-state.ts";
import { placeOf } from "./place.ts";
import { Problems } from "./problems.tsx";
import { ScheduleCard } from "./schedule.tsx";
import { useEditor } from "./use-editor.ts";
import { type TextFormat, useValidation, validate } from "./use-validation.ts";
import { Versions, VersionView } from "./versions.tsx";
import { WebhookAddress } from "./webhook-address.tsx";

const FILE_BYTES_MAX = 1_000_000;
const INDENT = "  ";
const VERSION = { version: "" };

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
  const id = useId();
  const [, navigate] = useLocation();
  const area = useRef<HTMLTextAreaElement>(null);
  const file = useRef<HTMLInputElement>(null);
  const editor = useEditor(workflow, savedText);
  const [importFault, setImportFault] = useState<string | null>(null);
  const { draft, dirty, saving } = editor;
  const checked = useValidation(draft.text, draft.format);
  const schedule = checked.validation ? checked.validation.schedule : workflow?.schedule;

  const goTo = (fault: Fault) => {
    const element = area.current;
    if (!element) return;
    const at = placeOf(fault, checked.validation?.definition ?? null, draft.text);
    element.focus();
    element.setSelectionRange(at, at);
    element.scrollTop = scrollFor(element, draft.text.slice(0, at).split("\n").length);
  };

  const takeFile = async (chosen: File | undefined) => {
    if (!chosen) return;
    if (chosen.size > FILE_BYTES_MAX) return setImportFault(t.editor.importTooLarge);
    setImportFault(null);
    editor.edit({
      text: await chosen.text(),
      format: chosen.name.endsWith(".json") ? "json" : "yaml",
    });
  };

  const exportAs = async (format: TextFormat) => {
    const result = await validate(draft.text, draft.format).catch(() => null);
    const text = format === "yaml" ? result?.yaml : result?.json;
    const name = draft.name.trim().replace(/[^\p{L}\p{N}]+/gu, "-") || "workflow";
    if (text != null)
      saveAs(
        `${name}.${format}`,
        text,
        format === "yaml" ? "application/yaml" : "application/json",
      );
  };

  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void editor.save();
      }}
      onKeyDown={(event) => {
        if (!(event.ctrlKey || event.metaKey) || event.key !== "s") return;
        event.preventDefault();
        void editor.save();
      }}
    >
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
      <div className="editor-meta">
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
      </div>
      {workflow?.webhook_url && <WebhookAddress path={workflow.webhook_url} />}
      <div className="editor">
        <div className="stack">
          <div className="field">
            <div className="row between">
              <label htmlFor={`${id}-text`}>{t.editor.definition}</label>
              <fieldset className="tabs" aria-label={t.editor.format}>
                {(["yaml", "json"] as const).map((format) => (
                  <button
                    key={format}
                    type="button"
                    aria-pressed={draft.format === format}
                    onClick={() => void editor.convert(format)}
                  >
                    {format.toUpperCase()}
                  </button>
                ))}
              </fieldset>
            </div>
            <textarea
              id={`${id}-text`}
              ref={area}
              className="editor-text"
              dir="ltr"
              spellCheck={false}
              autoCapitalize="off"
              autoComplete="off"
              wrap="off"
              value={draft.text}
              aria-describedby={`${id}-hint`}
              onKeyDown={(event) => {
                if (!event.altKey || event.key !== "i") return;
                event.preventDefault();
                document.execCommand("insertText", false, INDENT);
              }}
              onChange={(event) => editor.edit({ text: event.target.value })}
            />
            <p id={`${id}-hint`} className="help">
              {t.editor.hint}
            </p>
          </div>
          {(editor.fault ?? importFault) && (
            <p className="fault" role="alert">
              {editor.fault ?? importFault}
            </p>
          )}
          <div className="row">
            <button
              type="submit"
              className="primary"
              aria-disabled={saving === "saving" || undefined}
            >
              {saving === "saving" ? t.editor.saving : workflow ? t.editor.save : t.editor.create}
            </button>
            <span className="muted small" data-saved-state>
              {dirty ? t.editor.unsaved : workflow && t.editor.unchanged(workflow.version)}
            </span>
          </div>
          <div className="row">
            <input
              ref={file}
              type="file"
              hidden
              accept=".yaml,.yml,.json"
              aria-label={t.editor.import}
              onChange={(event) => {
                void takeFile(event.target.files?.[0]);
                event.target.value = "";
              }}
            />
            <button type="button" className="quiet" onClick={() => file.current?.click()}>
              {t.editor.import}
            </button>
            <button type="button" className="quiet" onClick={() => void exportAs("yaml")}>
              {t.editor.exportYaml}
            </button>
            <button type="button" className="quiet" onClick={() => void exportAs("json")}>
              {t.editor.exportJson}
            </button>
          </div>
        </div>
        <div className="stack">
          {schedule && <ScheduleCard schedule={schedule} active={workflow?.status === "Active"} />}
          <Problems {...checked} refused={editor.refusedFaults} onChoose={goTo} />
          {workflow && (
            <Versions
              workflow={workflow}
              onChoose={(version) => navigate(`/workflows/${workflow.id}?version=${version}`)}
            />
          )}
        </div>
      </div>
    </form>
  );
}

function scrollFor(element: HTMLTextAreaElement, line: number): number {
  const height = Number.parseFloat(getComputedStyle(element).lineHeight);
  return Math.max(0, (line - 1) * height - element.clientHeight / 2);
}
