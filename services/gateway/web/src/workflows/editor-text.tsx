/** The definition as text, where a problem's place can be gone to. */
import { useEffect, useId, useRef } from "react";
import type { Fault, JsonObject } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { placeOf } from "./place.ts";
import type { useEditor } from "./use-editor.ts";

const INDENT = "  ";

interface Props {
  editor: ReturnType<typeof useEditor>;
  definition: JsonObject | null;
  wanted: { fault: Fault; count: number } | null;
}

export function TextMode({ editor, definition, wanted }: Props) {
  const t = useT();
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const gone = useRef(wanted);
  const { draft } = editor;

  useEffect(() => {
    const element = area.current;
    if (!element || !wanted || gone.current === wanted) return;
    gone.current = wanted;
    const at = placeOf(wanted.fault, definition, draft.text);
    element.focus();
    element.setSelectionRange(at, at);
    element.scrollTop = scrollFor(element, draft.text.slice(0, at).split("\n").length);
  }, [wanted, definition, draft.text]);

  return (
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
  );
}

function scrollFor(element: HTMLTextAreaElement, line: number): number {
  const height = Number.parseFloat(getComputedStyle(element).lineHeight);
  return Math.max(0, (line - 1) * height - element.clientHeight / 2);
}
