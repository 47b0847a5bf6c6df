/**
 * One event stream per browser: a lock elects the tab that holds it, a broadcast channel feeds the others.
 * Without it six tabs use up the connections that HTTP/1.1 allows, and every further request hangs.
 */
import type { ServerEvent } from "./sse.ts";
import { EventStream } from "./stream.ts";
import { eventsUrl, NOTHING, union, type Wish } from "./topics.ts";

export type Connection = "connecting" | "live" | "paused" | "offline" | "signed-out";

type Message =
  | { kind: "event"; event: ServerEvent }
  | { kind: "connection"; connection: Connection; hello: ServerEvent | null; lastId: string }
  | { kind: "wish"; tab: string; wish: Wish }
  | { kind: "gone"; tab: string }
  | { kind: "roll-call" }
  | { kind: "signed-in" };

const LOCK = "flusso-live";
const CHANNEL = "flusso-live";
/** A tab that was killed says no goodbye; background timers run once a minute, so allow for two of those. */
const WISH_REPEAT_MS = 30_000;
const WISH_AGE_MS_MAX = 150_000;

export class Hub {
  private readonly tab = String(Math.random()).slice(2);
  private readonly channel = new BroadcastChannel(CHANNEL);
  private readonly listeners = new Set<(event: ServerEvent) => void>();
  private readonly watchers = new Set<() => void>();
  private readonly wishes = new Map<string, { wish: Wish; at: number }>();
  private readonly ended = new AbortController();
  private stream: EventStream | null = null;
  private ownWish: Wish = NOTHING;
  private hello: ServerEvent | null = null;
  /** Of the last event that any tab told: a tab that takes over goes on there. */
  private lastId = "";
  connection: Connection = "connecting";

  start(): void {
    this.channel.onmessage = (message: MessageEvent<Message>) => this.hear(message.data);
    window.setInterval(() => this.tellWish(), WISH_REPEAT_MS);
    window.addEventListener("pagehide", () =>
      this.channel.postMessage({ kind: "gone", tab: this.tab }),
    );
    window.addEventListener("pageshow", () => this.tellWish());
    window.addEventListener("online", () => this.stream?.restart());
    window.addEventListener("offline", () => this.setConnection("offline"));
    this.channel.postMessage({ kind: "roll-call" });
    if (navigator.locks) this.waitForLead();
    else this.followVisibility();
  }

  /** Ends this tab's part for good, so that another tab can lead; called when the person signs out. */
  stop(): void {
    this.ended.abort();
    this.stream?.close();
    this.stream = null;
    this.setConnection("signed-out");
  }

  /** The person is known again: whoever leads connects anew. */
  resume(): void {
    this.channel.postMessage({ kind: "signed-in" });
    this.stream?.restart();
  }

  onEvent(listener: (event: ServerEvent) => void): () => void {
    this.listeners.add(listener);
    if (this.hello) listener(this.hello);
    return () => this.listeners.delete(listener);
  }

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  want(wish: Wish): void {
    this.ownWish = wish;
    this.tellWish();
  }

  private waitForLead(): void {
    const forever = () =>
      new Promise<void>((resolve) => {
        this.lead();
        this.ended.signal.addEventListener("abort", () => resolve());
      });
    navigator.locks.request(LOCK, { signal: this.ended.signal }, forever).catch(() => undefined);
  }

  /** No locks over plain HTTP: then only a tab that is seen holds a stream. */
  private followVisibility(): void {
    const follow = () => {
      if (document.visibilityState === "visible" && !this.stream) this.lead();
      if (document.visibilityState === "hidden") {
        this.stream?.close();
        this.stream = null;
      }
    };
    document.addEventListener("visibilitychange", follow);
    follow();
  }

  private lead(): void {
    this.wishes.set(this.tab, { wish: this.ownWish, at: Date.now() });
    this.channel.postMessage({ kind: "roll-call" });
    this.stream = new EventStream(this.url(), this.lastId, {
      opened: () => this.setConnection("live"),
      event: (event) => this.spread(event),
      lost: () => this.setConnection(navigator.onLine ? "paused" : "offline"),
      signedOut: () => this.setConnection("signed-out"),
    });
  }

  private url(): string {
    const oldest = Date.now() - WISH_AGE_MS_MAX;
    for (const [tab, { at }] of this.wishes) {
      if (at < oldest && tab !== this.tab) this.wishes.delete(tab);
    }
    return eventsUrl(union([...this.wishes.values()].map(({ wish }) => wish)));
  }

  private spread(event: ServerEvent): void {
    if (event.event === "hello") this.hello = event;
    this.lastId = event.id;
    this.channel.postMessage({ kind: "event", event });
    this.deliver(event);
  }

  private deliver(event: ServerEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  private setConnection(connection: Connection): void {
    if (this.stream) {
      const { hello, lastId } = this;
      this.channel.postMessage({ kind: "connection", connection, hello, lastId });
    }
    if (connection === this.connection) return;
    this.connection = connection;
    for (const watcher of this.watchers) watcher();
  }

  private tellWish(): void {
    this.channel.postMessage({ kind: "wish", tab: this.tab, wish: this.ownWish });
    this.noteWish(this.tab, this.ownWish);
  }

  private noteWish(tab: string, wish: Wish): void {
    this.wishes.set(tab, { wish, at: Date.now() });
    this.stream?.reopen(this.url());
  }

  private hear(message: Message): void {
    switch (message.kind) {
      case "event":
        if (message.event.event === "hello") this.hello = message.event;
        this.lastId = message.event.id;
        this.deliver(message.event);
        break;
      case "connection":
        this.hearConnection(message.connection, message.hello, message.lastId);
        break;
      case "wish":
        this.noteWish(message.tab, message.wish);
        break;
      case "gone":
        this.wishes.delete(message.tab);
        this.stream?.reopen(this.url());
        break;
      case "signed-in":
        this.stream?.restart();
        break;
      case "roll-call":
        this.channel.postMessage({ kind: "wish", tab: this.tab, wish: this.ownWish });
        if (this.stream) this.setConnection(this.connection);
    }
  }

  /** Only the leader knows; without it a tab believes what it hears, and catches up on the greeting. */
  private hearConnection(connection: Connection, hello: ServerEvent | null, lastId: string): void {
    if (this.stream) return;
    this.lastId = lastId;
    if (hello && !this.hello) {
      this.hello = hello;
      this.deliver(hello);
    }
    this.setConnection(connection);
  }
}
