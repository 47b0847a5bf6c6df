/** The draft of an editor, in this browser and on the server; another tab's changes are taken over when this one is seen. */
import { useEffect, useRef, useState } from "react";
import { useUser } from "../session/session.tsx";
import { DraftKeeper, type Keeping } from "./draft-keeper.ts";
import {
  dropDraft,
  type EditorDraft,
  type FoundDraft,
  fetchDraft,
  ofServer,
  sendDraft,
  writeLocalDraft,
} from "./editor-draft.ts";

interface Hooks {
  /** The server has another draft than this tab, which has sent all of its own; null: none any more. */
  onTheirs: (draft: EditorDraft | null) => void;
}

function keepingOf(found: FoundDraft | null): Keeping {
  if (!found) return { kind: "nothing" };
  if (found.changed) return { kind: "changed" };
  return found.isKept && found.savedAt ? { kind: "kept", at: found.savedAt } : { kind: "waiting" };
}

export function useKeptDraft(id: string, found: FoundDraft | null, hooks: Hooks) {
  const owner = useUser().id;
  const [keeping, setKeeping] = useState<Keeping>(() => keepingOf(found));
  const current = useRef<EditorDraft | null>(found?.draft ?? null);
  const latest = useRef(hooks);
  latest.current = hooks;
  const held = useRef<DraftKeeper | null>(null);

  /** In this browser, as of now. */
  const note = (keeper: DraftKeeper): void => {
    const draft = current.current;
    const isKept = keeper.keeping.kind === "kept";
    const local = draft && { draft, revision: keeper.revision, isKept };
    writeLocalDraft(owner, id, local);
  };

  const make = (revision: number | null, start: Keeping): DraftKeeper => {
    const server = {
      send: (draft: EditorDraft, wanted: number | null | "any") => sendDraft(id, draft, wanted),
      drop: (wanted: number | "any") => dropDraft(id, wanted),
    };
    const tell = (now: Keeping) => {
      note(keeper);
      setKeeping(now);
    };
    const keeper = new DraftKeeper(server, revision, tell, start);
    return keeper;
  };

  held.current ??= make(found?.revision ?? null, keepingOf(found));
  const keeper = held.current;

  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each editor; the keeper stays the same
  useEffect(() => {
    if (found && !found.isKept && !found.changed) keeper.edit(found.draft);
    const look = async () => {
      if (document.visibilityState === "hidden") return keeper.flush();
      if (!keeper.isSettled || keeper.keeping.kind === "changed") return;
      const theirs = await fetchDraft(id);
      if (theirs === undefined || !keeper.isSettled) return;
      if ((theirs?.revision ?? null) === keeper.revision) return;
      current.current = theirs && ofServer(theirs);
      keeper.adopt(
        theirs?.revision ?? null,
        theirs ? { kind: "kept", at: theirs.saved_at } : { kind: "nothing" },
      );
      latest.current.onTheirs(current.current);
    };
    const seen = () => void look();
    document.addEventListener("visibilitychange", seen);
    window.addEventListener("focus", seen);
    return () => {
      document.removeEventListener("visibilitychange", seen);
      window.removeEventListener("focus", seen);
      keeper.close();
    };
  }, []);

  return {
    keeping,
    /** Null: nothing differs from what was saved. */
    change: (draft: EditorDraft | null) => {
      current.current = draft;
      keeper.edit(draft);
      note(keeper);
    },
    saved: () => {
      current.current = null;
      keeper.saved();
    },
    flush: () => keeper.flush(),
    keepMine: () => {
      if (current.current) keeper.force(current.current);
    },
    /** What the server has, in the place of what is here. */
    loadTheirs: async (): Promise<EditorDraft | null | undefined> => {
      const theirs = await fetchDraft(id);
      if (theirs === undefined) return undefined;
      current.current = theirs && ofServer(theirs);
      keeper.adopt(
        theirs?.revision ?? null,
        theirs ? { kind: "kept", at: theirs.saved_at } : { kind: "nothing" },
      );
      return current.current;
    },
  };
}
