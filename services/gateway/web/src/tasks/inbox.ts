/** How the loaded part of the inbox changes: pure functions over its pages. Nothing here moves what a person holds. */
import type { InfiniteData } from "@tanstack/react-query";
import type { Page, Task } from "../api/types.ts";

export type Inbox = InfiniteData<Page<Task>>;

/** Each task once, where it was first: a page loaded later may repeat a card that was kept. */
export function tasksOf(inbox: Inbox | undefined): Task[] {
  const items = inbox?.pages.flatMap((page) => page.items) ?? [];
  return [...new Map(items.map((task) => [task.id, task])).values()];
}

/** The exact number of matching tasks, kept true between two answers of the server. */
export function totalOf(inbox: Inbox | undefined): number | null {
  const pages = inbox?.pages ?? [];
  if (pages.at(-1)?.next_cursor === null) {
    return tasksOf(inbox).filter((task) => task.status === "pending").length;
  }
  return pages[0]?.total ?? null;
}

export function replaceTask(inbox: Inbox, fresh: Task): Inbox {
  return mapItems(inbox, (items) => items.map((task) => (task.id === fresh.id ? fresh : task)));
}

export function removeTask(inbox: Inbox, id: string): Inbox {
  if (!tasksOf(inbox).some((task) => task.id === id)) return inbox;
  const pages = inbox.pages.map((page) => ({
    ...page,
    items: page.items.filter((task) => task.id !== id),
    ...(page.total === undefined ? {} : { total: Math.max(0, page.total - 1) }),
  }));
  return { ...inbox, pages };
}

/** Adds what a fresh copy of the last page has more; what is shown stays where it is. */
export function extendLast(inbox: Inbox, fresh: Page<Task>): Inbox {
  const last = inbox.pages.at(-1);
  if (!last) return inbox;
  const known = new Set(tasksOf(inbox).map((task) => task.id));
  const added = fresh.items.filter((task) => !known.has(task.id));
  const page = { ...last, items: [...last.items, ...added], next_cursor: fresh.next_cursor };
  return { ...inbox, pages: [...inbox.pages.slice(0, -1), page] };
}

/** Takes fresh pages, but keeps what the person is busy with, at its old place among the others. */
export function refreshPages(shown: Inbox, fresh: Inbox, held: ReadonlySet<string>): Inbox {
  const arrived = new Set(tasksOf(fresh).map((task) => task.id));
  const before = tasksOf(shown);
  return before.reduce((inbox, task, index) => {
    if (!held.has(task.id) || arrived.has(task.id)) return inbox;
    const neighbours = before.slice(0, index).map((earlier) => earlier.id);
    return insertAfter(inbox, task, neighbours);
  }, fresh);
}

/** The ids that are shown but not in a fresh list, in their order. */
export function goneFrom(shown: Inbox, fresh: Inbox): string[] {
  const present = new Set(tasksOf(fresh).map((task) => task.id));
  return tasksOf(shown)
    .map((task) => task.id)
    .filter((id) => !present.has(id));
}

function insertAfter(inbox: Inbox, task: Task, earlier: string[]): Inbox {
  const present = new Set(tasksOf(inbox).map((other) => other.id));
  const anchor = earlier.findLast((id) => present.has(id));
  if (anchor === undefined) {
    return mapItems(inbox, (items, page) => (page === 0 ? [task, ...items] : items));
  }
  return mapItems(inbox, (items) =>
    items.flatMap((other) => (other.id === anchor ? [other, task] : [other])),
  );
}

function mapItems(inbox: Inbox, change: (items: Task[], page: number) => Task[]): Inbox {
  const pages = inbox.pages.map((page, index) => ({ ...page, items: change(page.items, index) }));
  return { ...inbox, pages };
}

/** Who gets the focus when a card goes: the next one, else the one before. */
export function neighbourOf(tasks: Task[], id: string): Task | null {
  const index = tasks.findIndex((task) => task.id === id);
  if (index < 0) return null;
  return tasks[index + 1] ?? tasks[index - 1] ?? null;
}

/** How many of a fresh first page are not in the list yet. */
export function countNew(inbox: Inbox | undefined, fresh: Page<Task>): number {
  const known = new Set(tasksOf(inbox).map((task) => task.id));
  return fresh.items.filter((task) => !known.has(task.id)).length;
}
