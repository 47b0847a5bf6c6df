/** What stands beside the tabs of the editor: undo, redo, whether it is saved, and the test run. */
import { useState } from "react";
import type { Workflow } from "../api/types.ts";
import { useEditorWords } from "../editor/words.ts";
import { useFormat, useT } from "../i18n/i18n.tsx";
import { useAnnouncer } from "../ui/announcer.tsx";
import { useNow } from "../ui/clock.ts";
import { Icon } from "../ui/icons.tsx";
import { Discard } from "./draft-banners.tsx";
import { useDraftWords } from "./draft-words.ts";
import type { useDefinition } from "./editor-modes.ts";
import type { useEditor } from "./use-editor.ts";

interface SavedProps {
  editor: ReturnType<typeof useEditor>;
  workflow: Workflow | null;
}

/** The version, or how safe what was typed since is. */
export function SavedState({ editor, workflow }: SavedProps) {
  const t = useT();
  const w = useDraftWords();
  const format = useFormat();
  const now = useNow();
  const { keeping, dirty } = editor;
  const said = () => {
    if (!dirty) return workflow ? t.editor.unchanged(workflow.version) : "";
    if (keeping.kind === "kept") return w.keptAt(format.clock(keeping.at, now));
    return keeping.kind === "here" ? w.keptHere : w.unsaved;
  };
  return (
    <>
      <span className="muted small" data-saved-state={dirty ? keeping.kind : "saved"}>
        {said()}
      </span>
      {dirty && !editor.restored && <Discard editor={editor} />}
    </>
  );
}

export function UndoButtons({ visual }: { visual: ReturnType<typeof useDefinition> }) {
  const w = useEditorWords();
  return (
    <>
      <button
        type="button"
        className="quiet"
        aria-keyshortcuts="Control+Z"
        aria-disabled={!visual.canUndo || undefined}
        onClick={visual.undo}
      >
        {w.undo}
      </button>
      <button
        type="button"
        className="quiet"
        aria-keyshortcuts="Control+Shift+Z"
        aria-disabled={!visual.canRedo || undefined}
        onClick={visual.redo}
      >
        {w.redo}
      </button>
    </>
  );
}

interface TestProps {
  isNew: boolean;
  blocked: boolean;
  dirty: boolean;
  onTest: () => void;
}

/** Never dead: where it cannot run, it says why. */
export function TestButton({ isNew, blocked, dirty, onTest }: TestProps) {
  const w = useEditorWords();
  const { alert } = useAnnouncer();
  const [why, setWhy] = useState<string | null>(null);
  const reason = isNew ? w.testNew : blocked ? w.testBlocked : null;
  return (
    <>
      {why !== null && reason !== null && <span className="small error-text">{why}</span>}
      <button
        type="button"
        aria-disabled={reason !== null || undefined}
        onClick={() => {
          setWhy(reason);
          if (reason) alert(reason);
          else onTest();
        }}
      >
        <Icon name="play" />
        {dirty && !isNew ? w.saveAndTest : w.test}
      </button>
    </>
  );
}
