/** The inbox as a page shows it: its pages, kept live without moving what a person reads or types. */
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { get } from "../api/client.ts";
import { type TaskFilters, tasksPage, tasksQuery } from "../api/queries.ts";
import type { Page, Task } from "../api/types.ts";
import { useBatches, useReset } from "../live/live.tsx";
import { coalesced } from "../ui/coalesce.ts";
import {
  countNew,
  extendLast,
  goneFrom,
  type Inbox,
  refreshPages,
  removeTask,
  replaceTask,
  tasksOf,
  totalOf,
} from "./inbox.ts";

/** A burst settles many tasks at once; each that is shown is asked for, this many at a time. */
const LOOKUPS_MAX = 20;
/** After a reset this many pages are asked for again; further ones are loaded when scrolled to. */
const REFRESHED_PAGES_MAX = 10;
/** A flood of new tasks asks for the list at most this often. */
const ARRIVALS_MS = 500;

export function useInbox(filters: TaskFilters, isHeld: (id: string) => boolean) {
  const queries = useQueryClient();
  const options = tasksQuery(filters);
  const result = useInfiniteQuery(options);
  const [arrived, setArrived] = useState(0);
  const key = options.queryKey;

  const change = useCallback(
    (edit: (inbox: Inbox) => Inbox) => {
      queries.setQueryData<Inbox>(tasksQuery(filters).queryKey, (inbox) => inbox && edit(inbox));
    },
    [queries, filters],
  );

  const lookUp = async (id: string) => {
    const task = await get<Task>(`/tasks/${encodeURIComponent(id)}`).catch(() => null);
    if (task) change((inbox) => replaceTask(inbox, task));
  };

  const takeSettled = (ids: string[]) => {
    const shown = new Set(tasksOf(queries.getQueryData<Inbox>(key)).map((task) => task.id));
    const known = ids.filter((id) => shown.has(id));
    for (const id of known.slice(0, LOOKUPS_MAX)) void lookUp(id);
    for (const id of known.slice(LOOKUPS_MAX)) change((inbox) => removeTask(inbox, id));
  };

  const takeOpened = async () => {
    const inbox = queries.getQueryData<Inbox>(key);
    if (!inbox) return;
    // These may belong before what is shown, which must not move.
    if (filters.sort !== "oldest") {
      const fresh = await tasksPage(filters, "").catch(() => null);
      const count = fresh ? countNew(queries.getQueryData<Inbox>(key), fresh) : 0;
      if (fresh) setArrived(count);
      if (filters.sort === "newest" || count > 0) return;
    }
    // What is the oldest, or is never due, comes last: new tasks belong at the end, if that is loaded.
    if (inbox.pages.at(-1)?.next_cursor !== null) return void refreshTotal();
    const fresh = await tasksPage(filters, String(inbox.pageParams.at(-1) ?? "")).catch(() => null);
    if (fresh)
      change((current) =>
        current.pages.length === inbox.pages.length ? extendLast(current, fresh) : current,
      );
  };

  const refreshTotal = async () => {
    const fresh = await tasksPage(filters, "").catch(() => null);
    const total = fresh?.total;
    if (total === undefined) return;
    change((inbox) => ({ ...inbox, pages: inbox.pages.map((page) => ({ ...page, total })) }));
  };

  const refresh = async () => {
    const shown = queries.getQueryData<Inbox>(key);
    if (!shown) return void result.refetch();
    const fresh = await readPages(filters, Math.min(shown.pages.length, REFRESHED_PAGES_MAX)).catch(
      () => null,
    );
    if (!fresh) return;
    const current = queries.getQueryData<Inbox>(key) ?? shown;
    // What was decided meanwhile says who did before it goes, as if the event had come first.
    const gone = goneFrom(current, fresh);
    const told = gone.slice(0, LOOKUPS_MAX);
    const kept = new Set([...told, ...gone.filter((id) => isHeld(id))]);
    queries.setQueryData<Inbox>(key, refreshPages(current, fresh, kept));
    for (const id of kept) void lookUp(id);
  };

  const showNew = async () => {
    setArrived(0);
    const fresh = await tasksPage(filters, "").catch(() => null);
    if (fresh) queries.setQueryData<Inbox>(key, { pages: [fresh], pageParams: [""] });
  };

  const latest = useRef(takeOpened);
  useEffect(() => {
    latest.current = takeOpened;
  });
  const [arrival] = useState(() => coalesced(() => latest.current(), ARRIVALS_MS));

  useBatches((batch) => {
    if (batch.settled.length > 0) takeSettled(batch.settled);
    if (batch.opened.length > 0) arrival();
  });
  useReset(() => void refresh());

  const tasks = tasksOf(result.data);
  return { result, tasks, total: totalOf(result.data), arrived, change, showNew };
}

async function readPages(filters: TaskFilters, count: number): Promise<Inbox> {
  const pages: Page<Task>[] = [];
  const pageParams: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null && pages.length < count) {
    const page: Page<Task> = await tasksPage(filters, cursor);
    pages.push(page);
    pageParams.push(cursor);
    cursor = page.next_cursor;
  }
  return { pages, pageParams };
}
