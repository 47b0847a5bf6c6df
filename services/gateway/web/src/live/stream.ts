/** One connection to `/api/v1/events` that reconnects for ever and resumes where it stopped. */
import { type ServerEvent, SseParser } from "./sse.ts";

export interface StreamListener {
  opened(): void;
  event(event: ServerEvent): void;
  lost(): void;
  signedOut(): void;
}

/** The server pings every 15 s; after three missed ones the connection is dead, whatever TCP thinks. */
const SILENCE_MS = 45_000;
const RETRY_MS = 2_000;
const RETRY_MS_MAX = 30_000;

export class EventStream {
  private controller = new AbortController();
  private retryMs = RETRY_MS;
  private failures = 0;
  private url: string;

  /** Resumes after the event of that id, if there is one. */
  constructor(
    url: string,
    private lastId: string,
    private readonly listener: StreamListener,
  ) {
    this.url = url;
    void this.run(this.controller.signal);
  }

  /** Reopens with other topics from the last event on. */
  reopen(url: string): void {
    if (url === this.url) return;
    this.url = url;
    this.restart();
  }

  restart(): void {
    this.controller.abort();
    this.controller = new AbortController();
    void this.run(this.controller.signal);
  }

  close(): void {
    this.controller.abort();
  }

  private async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const again = await this.connect(signal);
      if (signal.aborted || !again) return;
      this.listener.lost();
      this.failures += 1;
      await pause(
        Math.min(this.retryMs * 2 ** Math.min(this.failures - 1, 4), RETRY_MS_MAX),
        signal,
      );
    }
  }

  /** True when it makes sense to try again. */
  private async connect(signal: AbortSignal): Promise<boolean> {
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    signal.addEventListener("abort", stop);
    let watchdog = window.setTimeout(stop, SILENCE_MS);
    try {
      const headers = this.lastId ? { "last-event-id": this.lastId } : {};
      const response = await fetch(this.url, {
        headers,
        signal: attempt.signal,
        cache: "no-store",
      });
      if (response.status === 401) this.listener.signedOut();
      if (response.status === 401) return false;
      if (!response.ok || !response.body) return true;
      this.failures = 0;
      this.listener.opened();
      await this.read(response.body, attempt.signal, () => {
        window.clearTimeout(watchdog);
        watchdog = window.setTimeout(stop, SILENCE_MS);
      });
      return true;
    } catch {
      return true;
    } finally {
      window.clearTimeout(watchdog);
      signal.removeEventListener("abort", stop);
    }
  }

  private async read(
    body: ReadableStream<Uint8Array>,
    signal: AbortSignal,
    alive: () => void,
  ): Promise<void> {
    const parser = new SseParser(this.lastId);
    const decoder = new TextDecoder();
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      // What a stream that was given up still brings, its successor brings as well.
      if (done || signal.aborted) return;
      alive();
      for (const event of parser.push(decoder.decode(value, { stream: true }))) {
        this.listener.event(event);
      }
      this.lastId = parser.lastId;
      this.retryMs = parser.retryMs ?? this.retryMs;
    }
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = window.setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      window.clearTimeout(timer);
      resolve();
    });
  });
}
