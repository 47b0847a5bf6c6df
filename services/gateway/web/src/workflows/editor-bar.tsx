/** What stands beside the tabs of the editor: undo, redo, and the test run. */
import { useState } from "react";
import { useEditorWords } from "../editor/words.ts";
import { useAnnouncer } from "../ui/announcer.tsx";
import { Icon } from "../ui/icons.tsx";
import type { useDefinition } from "./editor-modes.ts";

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
