/** The event stream for React: keeps the query cache true, and tells pages what arrived. */
import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import { useQueryClient } from "@tanstack/react-query";
import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { get } from "../api/client.ts";
import type { CloudEvent, Page, Run } from "../api/types.ts";
import { useUser } from "../session/session.tsx";
import { setServerTime } from "../ui/clock.ts";
import { coalesced } from "../ui/coalesce.ts";
import { type Batch, runAfter, sortOut } from "./apply.ts";
import { type Connection, Hub } from "./hub.ts";
import type { ServerEvent } from "./sse.ts";
import type { Wish } from "./topics.ts";

/** Events are applied together at most this often: a burst of thousands paints a few times a second. */
const BATCH_MS = 250;
/** A single event waits only for those that came with it. */
const GATHER_MS = 15;
const LIST_REFRESH_MS = 1_000;
const COUNT_POLL_MS = 30_000;
const ASK_AGAIN_MS = 1_000;
/** After a reset or a reconnect all browsers would ask at once. */
const REFETCH_JITTER_MS = 1_000;

type BatchListener = (batch: Batch) => void;

interface Live {
  hub: Hub;
  listeners: Set<BatchListener>;
  resets: Set<() => void>;
  wishes: Map<symbol, Wish>;
  newBuild: string | null;
}

const LiveContext = createContext<Live | null>(null);

function useLive(): Live {
  const live = useContext(LiveContext);
  if (!live) throw new Error("useLive outside LiveProvider");
  return live;
}

export function LiveProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const user = useUser();
  const [newBuild, setNewBuild] = useState<string | null>(null);
  const [parts] = useState(() => ({
    hub: new Hub(),
    listeners: new Set<BatchListener>(),
    resets: new Set<() => void>(),
    wishes: new Map<symbol, Wish>(),
  }));
  useEffect(() => {
    const reader = new Reader(queries, parts.listeners, parts.resets, setNewBuild, () =>
      parts.hub.resume(),
    );
    const leave = parts.hub.onEvent((event) => reader.take(event));
    const unwatch = parts.hub.watch(() => reader.connectionChanged(parts.hub.connection));
    parts.hub.start();
    return () => {
      leave();
      unwatch();
      parts.hub.stop();
    };
  }, [queries, parts]);
  // Another session after the first one ended: whoever leads connects anew.
  useEffect(() => {
    if (user && parts.hub.connection === "signed-out") parts.hub.resume();
  }, [user, parts]);
  return <LiveContext value={{ ...parts, newBuild }}>{children}</LiveContext>;
}

/** Turns stream events into cache updates. Lives as long as the page. */
class Reader {
  private waiting: CloudEvent[] = [];
  private timer: number | undefined;
  private flushedAt = Number.NEGATIVE_INFINITY;
  private build: string | null = null;
  private wasLive = false;
  private poll: number | undefined;
  private readonly refreshLists: (keys: string[]) => void;

  constructor(
    private readonly queries: QueryClient,
    private readonly listeners: Set<BatchListener>,
    private readonly resets: Set<() => void>,
    private readonly setNewBuild: (build: string) => void,
    private readonly resume: () => void,
  ) {
    this.refreshLists = throttledInvalidation(queries);
  }

  take(event: ServerEvent): void {
    const data = parseObject(event.data);
    if (!data) return;
    if (event.event === "hello") this.hello(data);
    else if (event.event === "counts") this.count(data.pending);
    else if (event.event === "reset") this.reset(Math.random() * REFETCH_JITTER_MS);
    else if (event.event === "message") this.queue(data as unknown as CloudEvent);
  }

  connectionChanged(connection: Connection): void {
    window.clearInterval(this.poll);
    if (connection === "signed-out") {
      this.askAgain();
      return;
    }
    if (connection === "live") {
      // Also the first time: what was asked for before the stream stood may have missed what came in between.
      this.reset(this.wasLive ? Math.random() * REFETCH_JITTER_MS : 0);
      this.wasLive = true;
      return;
    }
    this.poll = window.setInterval(
      () => void this.queries.invalidateQueries({ queryKey: ["pending"] }),
      COUNT_POLL_MS,
    );
  }

  /**
   * The leader was refused, maybe long ago and before this browser signed in again. Asking tells: if the session has ended,
   * the client says so to whoever asks the person; if not, the leader may connect anew.
   */
  private askAgain(): void {
    window.setTimeout(() => {
      get("/tasks/count").then(this.resume, () => undefined);
    }, ASK_AGAIN_MS);
  }

  private hello(data: Record<string, unknown>): void {
    if (typeof data.server_time === "string") setServerTime(data.server_time);
    this.count(data.pending);
    if (typeof data.build !== "string") return;
    if (this.build !== null && this.build !== data.build) this.setNewBuild(data.build);
    this.build ??= data.build;
  }

  private count(pending: unknown): void {
    if (typeof pending === "number") this.queries.setQueryData(["pending"], { pending });
  }

  private reset(wait: number): void {
    window.setTimeout(() => {
      for (const listener of this.resets) listener();
      // The inbox looks after itself, and a session that ends says so with the next answer.
      void this.queries.invalidateQueries({
        predicate: ({ queryKey }) => queryKey[0] !== "tasks" && queryKey[0] !== "session",
      });
    }, wait);
  }

  private queue(event: CloudEvent): void {
    this.waiting.push(event);
    const wait = Math.max(GATHER_MS, this.flushedAt + BATCH_MS - performance.now());
    this.timer ??= window.setTimeout(() => this.flush(), wait);
  }

  private flush(): void {
    const events = this.waiting;
    this.waiting = [];
    this.timer = undefined;
    this.flushedAt = performance.now();
    const batch = sortOut(events);
    for (const runId of batch.runIds)
      void this.queries.invalidateQueries({ queryKey: ["run", runId] });
    const taskIds = [...batch.opened.map((event) => event.subject), ...batch.settled];
    for (const taskId of taskIds)
      void this.queries.invalidateQueries({ queryKey: ["task", taskId] });
    if (batch.runs.length > 0) patchRuns(this.queries, batch.runs);
    this.refreshLists(["dashboard", ...(batch.runs.length > 0 ? ["runs"] : [])]);
    for (const listener of this.listeners) listener(batch);
  }
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function patchRuns(queries: QueryClient, events: CloudEvent[]): void {
  queries.setQueriesData<InfiniteData<Page<Run>>>({ queryKey: ["runs"] }, (data) => {
    if (!data) return data;
    const pages = data.pages.map((page) => ({
      ...page,
      items: page.items.map((run) => events.reduce(runAfter, run)),
    }));
    return { ...data, pages };
  });
}

/** Refetches lists at most once a second, and once more after the last event. */
function throttledInvalidation(queries: QueryClient): (keys: string[]) => void {
  const wanted = new Set<string>();
  const refresh = coalesced(async () => {
    const keys = [...wanted];
    wanted.clear();
    await Promise.all(keys.map((key) => queries.invalidateQueries({ queryKey: [key] })));
  }, LIST_REFRESH_MS);
  return (keys) => {
    for (const key of keys) wanted.add(key);
    refresh();
  };
}

/** Calls back with what happened, in batches; the callback may change between renders. */
export function useBatches(callback: BatchListener): void {
  const { listeners } = useLive();
  const latest = useRef(callback);
  useEffect(() => {
    latest.current = callback;
  });
  useEffect(() => {
    const listener: BatchListener = (batch) => latest.current(batch);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, [listeners]);
}

/** Calls back when events may have been missed: whatever is shown must be asked for again. */
export function useReset(callback: () => void): void {
  const { resets } = useLive();
  const latest = useRef(callback);
  useEffect(() => {
    latest.current = callback;
  });
  useEffect(() => {
    const listener = () => latest.current();
    resets.add(listener);
    return () => void resets.delete(listener);
  }, [resets]);
}

/** Asks for the events of all runs, or of one, while the caller is mounted. */
export function useTopics(topics: string, runId = ""): void {
  const { hub, wishes } = useLive();
  useEffect(() => {
    const key = Symbol(topics);
    wishes.set(key, { topics: topics ? [topics] : [], runIds: runId ? [runId] : [] });
    hub.want(merge(wishes.values()));
    return () => {
      wishes.delete(key);
      hub.want(merge(wishes.values()));
    };
  }, [hub, wishes, topics, runId]);
}

function merge(wishes: Iterable<Wish>): Wish {
  const all = [...wishes];
  return { topics: all.flatMap((wish) => wish.topics), runIds: all.flatMap((wish) => wish.runIds) };
}

export function useConnection(): Connection {
  const { hub } = useLive();
  return useSyncExternalStore(hub.watch, () => hub.connection);
}

export function useNewBuild(): string | null {
  return useLive().newBuild;
}
