/** Drafts of the editor: which of two to begin with, and how they get to the server. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DraftKeeper, type Keeping, PAUSE_MS, RETRY_MS } from "../src/workflows/draft-keeper.ts";
import {
  chooseDraft,
  DraftChanged,
  type EditorDraft,
  type ServerDraft,
} from "../src/workflows/editor-draft.ts";

const draft = (text: string): EditorDraft => ({
  name: "Refund",
  description: "",
  text,
  format: "yaml",
  base: 1,
});

const onServer = (text: string, revision: number): ServerDraft => ({
  name: "Refund",
  description: "",
  text,
  format: "yaml",
  base_version: 1,
  revision,
  saved_at: "2026-11-24T12:04:00Z",
});

const here = (text: string, revision: number | null, isKept: boolean) => ({
  draft: draft(text),
  revision,
  isKept,
});

describe("the draft to begin with", () => {
  it("is the server's, which every device has", () => {
    const found = chooseDraft(null, onServer("a", 3));
    expect(found).toMatchObject({ draft: draft("a"), revision: 3, isKept: true, changed: false });
    expect(chooseDraft(here("old", 2, true), onServer("a", 3))?.draft.text).toBe("a");
  });

  it("is this browser's where the server has not heard of it yet", () => {
    expect(chooseDraft(here("b", 3, false), onServer("a", 3))).toMatchObject({
      draft: draft("b"),
      revision: 3,
      isKept: false,
      changed: false,
    });
    expect(chooseDraft(here("b", null, false), null)).toMatchObject({ isKept: false });
    expect(chooseDraft(here("b", 3, true), undefined)).toMatchObject({ isKept: false });
  });

  it("is asked for where both were changed", () => {
    const found = chooseDraft(here("b", 3, false), onServer("a", 4));
    expect(found).toMatchObject({ draft: draft("b"), changed: true });
    expect(chooseDraft(here("a", 3, false), onServer("a", 4))?.changed).toBe(false);
  });

  it("is none where it was saved or discarded elsewhere", () => {
    expect(chooseDraft(here("b", 3, true), null)).toBeNull();
    expect(chooseDraft(null, null)).toBeNull();
  });
});

/** A server that keeps one draft, and can be away. */
class Server {
  text: string | null = null;
  revision = 0;
  requests = 0;
  isAway = false;

  send = async (given: EditorDraft, revision: number | null | "any"): Promise<ServerDraft> => {
    this.take(revision);
    this.text = given.text;
    this.revision++;
    return onServer(given.text, this.revision);
  };

  drop = async (revision: number | "any"): Promise<void> => {
    this.take(revision);
    this.text = null;
  };

  private take(revision: number | null | "any"): void {
    this.requests++;
    if (this.isAway) throw new Error("away");
    const now = this.text === null ? null : this.revision;
    if (revision !== "any" && revision !== now) throw new DraftChanged();
  }
}

describe("keeping", () => {
  let server: Server;
  let told: Keeping["kind"][];
  let keeper: DraftKeeper;

  beforeEach(() => {
    vi.useFakeTimers();
    server = new Server();
    told = [];
    const tell = (keeping: Keeping) => told.push(keeping.kind);
    keeper = new DraftKeeper(server, null, tell, { kind: "nothing" });
  });

  afterEach(() => vi.useRealTimers());

  it("waits until the typing pauses, and sends the newest", async () => {
    for (const text of ["a", "ab", "abc"]) keeper.edit(draft(text));
    expect(server.requests).toBe(0);
    await vi.advanceTimersByTimeAsync(PAUSE_MS);
    expect([server.requests, server.text]).toEqual([1, "abc"]);
    expect(told.at(-1)).toBe("kept");
    keeper.edit(draft("abcd"));
    await keeper.flush();
    expect([server.requests, server.text, keeper.revision]).toEqual([2, "abcd", 2]);
  });

  it("takes the draft away once nothing differs from what was saved", async () => {
    keeper.edit(draft("a"));
    await keeper.flush();
    keeper.edit(null);
    await keeper.flush();
    expect([server.text, keeper.revision, told.at(-1)]).toEqual([null, null, "nothing"]);
    keeper.edit(null);
    await keeper.flush();
    expect(server.requests).toBe(2);
  });

  it("goes on trying while the server is away", async () => {
    server.isAway = true;
    keeper.edit(draft("a"));
    await keeper.flush();
    expect(told.at(-1)).toBe("here");
    server.isAway = false;
    await vi.advanceTimersByTimeAsync(RETRY_MS);
    expect([server.text, told.at(-1)]).toEqual(["a", "kept"]);
  });

  it("overwrites nothing of another tab unasked", async () => {
    keeper.edit(draft("mine"));
    await keeper.flush();
    const other = new DraftKeeper(server, 1, () => undefined, { kind: "kept", at: "" });
    other.edit(draft("theirs"));
    await other.flush();
    keeper.edit(draft("mine, longer"));
    await keeper.flush();
    expect([server.text, told.at(-1)]).toEqual(["theirs", "changed"]);
    keeper.edit(draft("mine, longer still"));
    await vi.advanceTimersByTimeAsync(RETRY_MS * 3);
    expect(server.text).toBe("theirs");
    keeper.force(draft("mine, longer still"));
    await keeper.flush();
    expect([server.text, told.at(-1)]).toEqual(["mine, longer still", "kept"]);
  });

  it("begins anew after a version was saved", async () => {
    keeper.edit(draft("a"));
    await keeper.flush();
    server.text = null;
    keeper.saved();
    expect(keeper.isSettled).toBe(true);
    keeper.edit(draft("b"));
    await keeper.flush();
    expect([server.text, told.at(-1)]).toEqual(["b", "kept"]);
  });
});
