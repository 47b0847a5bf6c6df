/** What the author must know of a draft: that it is one, what it was made from, and who else has been at it. */
import { useState } from "react";
import type { Workflow } from "../api/types.ts";
import { useFormat, useT } from "../i18n/i18n.tsx";
import { useNow } from "../ui/clock.ts";
import { Dialog } from "../ui/dialog.tsx";
import { useDraftWords } from "./draft-words.ts";
import type { FoundDraft } from "./editor-draft.ts";
import type { useEditor } from "./use-editor.ts";

interface Props {
  editor: ReturnType<typeof useEditor>;
  workflow: Workflow | null;
  found: FoundDraft | null;
  reload: () => void;
  onCompare: () => void;
}

export function DraftBanners({ editor, workflow, found, reload, onCompare }: Props) {
  const t = useT();
  const w = useDraftWords();
  const format = useFormat();
  const now = useNow();
  const { draft, saving } = editor;
  const isOlder = workflow !== null && draft.base !== null && draft.base < workflow.version;
  const compare = workflow && (
    <button type="button" onClick={onCompare}>
      {w.seeChanges}
    </button>
  );
  if (editor.keeping.kind === "changed") {
    return (
      <div className="banner tone-warn" role="alert">
        {w.changedElsewhere}
        <button type="button" onClick={() => void editor.loadTheirs()}>
          {w.loadTheirs}
        </button>
        <button type="button" onClick={editor.keepMine}>
          {w.keepMine}
        </button>
      </div>
    );
  }
  if (saving === "newer") {
    return (
      <div className="banner tone-warn" role="alert">
        {t.editor.newer}
        <button
          type="button"
          onClick={() => {
            editor.discard();
            void editor.flush().then(reload);
          }}
        >
          {t.editor.reload}
        </button>
        {compare}
        <button type="button" onClick={() => void editor.save(true)}>
          {t.editor.keepMine}
        </button>
      </div>
    );
  }
  if (!editor.restored || !editor.dirty) return null;
  return (
    <div className={`banner ${isOlder ? "tone-warn" : "tone-info"}`}>
      <span>
        {found?.savedAt ? w.restoredDraft(format.clock(found.savedAt, now)) : w.restoredLocal}
        {isOlder && ` ${w.olderBase(draft.base ?? 0, workflow.version)}`}
      </span>
      {compare}
      <Discard editor={editor} />
    </div>
  );
}

export function Discard({ editor }: { editor: ReturnType<typeof useEditor> }) {
  const t = useT();
  const w = useDraftWords();
  const [asking, setAsking] = useState(false);
  return (
    <>
      <button type="button" className="quiet" onClick={() => setAsking(true)}>
        {w.discard}
      </button>
      {asking && (
        <Dialog title={w.discardTitle} onClose={() => setAsking(false)}>
          <p>{w.discardBody}</p>
          <div className="dialog-actions">
            <button type="button" data-first-focus onClick={() => setAsking(false)}>
              {t.common.cancel}
            </button>
            <button
              type="button"
              className="danger"
              onClick={() => {
                setAsking(false);
                editor.discard();
              }}
            >
              {w.discard}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
