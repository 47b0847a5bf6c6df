/** Keeps what is typed, a moment after the typing pauses: one request at a time, the newest text last, none lost. */
import { DraftChanged, type EditorDraft, type ServerDraft } from "./editor-draft.ts";

export type Keeping =
  | { kind: "nothing" }
  /** Typed, and on its way. */
  | { kind: "waiting" }
  | { kind: "kept"; at: string }
  /** The server could not be reached; it is tried again. */
  | { kind: "here" }
  /** Another tab or device has changed the draft: nothing more is sent until somebody has chosen. */
  | { kind: "changed" };

export interface DraftServer {
  send: (draft: EditorDraft, revision: number | null | "any") => Promise<ServerDraft>;
  drop: (revision: number | "any") => Promise<void>;
}

export const PAUSE_MS = 1_000;
export const RETRY_MS = 5_000;

/** What is to be on the server: a draft, or none. */
type Wish = { draft: EditorDraft | null };

export class DraftKeeper {
  private wish: Wish | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private sending: Promise<void> | null = null;
  private isForced = false;
  private isClosed = false;

  constructor(
    private readonly server: DraftServer,
    public revision: number | null,
    private readonly tell: (keeping: Keeping) => void,
    public keeping: Keeping,
  ) {}

  /** Everything typed is on the server, or was refused there. */
  get isSettled(): boolean {
    return this.wish === null && this.sending === null;
  }

  /** Null: what stands there is what was saved. */
  edit(draft: EditorDraft | null): void {
    this.wish = { draft };
    if (this.keeping.kind === "changed") return;
    this.say(draft ? { kind: "waiting" } : { kind: "nothing" });
    this.later(PAUSE_MS);
  }

  /** Replaces what another tab has left. */
  force(draft: EditorDraft): void {
    this.isForced = true;
    this.keeping = { kind: "waiting" };
    this.edit(draft);
    void this.flush();
  }

  /** Begins anew with what the server has now. */
  adopt(revision: number | null, keeping: Keeping): void {
    this.cancel();
    this.wish = null;
    this.revision = revision;
    this.say(keeping);
  }

  /** The draft has become a version, which took it off the server. */
  saved(): void {
    this.adopt(null, { kind: "nothing" });
  }

  /** Sends at once what waits, and returns when it has been answered. */
  async flush(): Promise<void> {
    this.cancel();
    while (this.wish && this.keeping.kind !== "changed") {
      this.sending ??= this.sendNext().finally(() => {
        this.sending = null;
      });
      await this.sending;
      if (this.keeping.kind === "here") return;
    }
    if (this.sending) await this.sending;
  }

  /** Sends what waits and says nothing more. */
  close(): void {
    this.isClosed = true;
    void this.flush();
  }

  private async sendNext(): Promise<void> {
    const wish = this.wish;
    if (!wish) return;
    this.wish = null;
    try {
      await this.carryOut(wish);
    } catch (error) {
      // What was typed meanwhile is newer.
      this.wish ??= wish;
      if (error instanceof DraftChanged) return this.say({ kind: "changed" });
      this.say({ kind: "here" });
      if (!this.isClosed) this.later(RETRY_MS);
    }
  }

  private async carryOut({ draft }: Wish): Promise<void> {
    const revision = this.isForced ? "any" : this.revision;
    if (draft === null) {
      if (revision !== null) await this.server.drop(revision);
      this.revision = null;
      if (!this.wish) this.say({ kind: "nothing" });
    } else {
      const kept = await this.server.send(draft, revision);
      this.revision = kept.revision;
      if (!this.wish) this.say({ kind: "kept", at: kept.saved_at });
    }
    this.isForced = false;
  }

  private later(milliseconds: number): void {
    this.cancel();
    this.timer = setTimeout(() => void this.flush(), milliseconds);
  }

  private cancel(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private say(keeping: Keeping): void {
    this.keeping = keeping;
    if (!this.isClosed) this.tell(keeping);
  }
}
