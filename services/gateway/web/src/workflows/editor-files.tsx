/** The definition from a file, and to one. */
import { useRef, useState } from "react";
import { useT } from "../i18n/i18n.tsx";
import { saveAs } from "../ui/save.ts";
import type { useEditor } from "./use-editor.ts";
import { type TextFormat, validate } from "./use-validation.ts";

const FILE_BYTES_MAX = 1_000_000;
const MEDIA = { yaml: "application/yaml", json: "application/json" };

export function Files({ editor }: { editor: ReturnType<typeof useEditor> }) {
  const t = useT();
  const file = useRef<HTMLInputElement>(null);
  const [fault, setFault] = useState<string | null>(null);
  const { draft } = editor;

  const take = async (chosen: File | undefined) => {
    if (!chosen) return;
    if (chosen.size > FILE_BYTES_MAX) return setFault(t.editor.importTooLarge);
    setFault(null);
    editor.edit({
      text: await chosen.text(),
      format: chosen.name.endsWith(".json") ? "json" : "yaml",
    });
  };

  const exportAs = async (format: TextFormat) => {
    const result = await validate(draft.text, draft.format).catch(() => null);
    const text = result?.[format];
    const name = draft.name.trim().replace(/[^\p{L}\p{N}]+/gu, "-") || "workflow";
    if (text != null) saveAs(`${name}.${format}`, text, MEDIA[format]);
  };

  return (
    <div className="row editor-below">
      <input
        ref={file}
        type="file"
        hidden
        accept=".yaml,.yml,.json"
        aria-label={t.editor.import}
        onChange={(event) => {
          void take(event.target.files?.[0]);
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
      {fault && (
        <p className="fault" role="alert">
          {fault}
        </p>
      )}
    </div>
  );
}
