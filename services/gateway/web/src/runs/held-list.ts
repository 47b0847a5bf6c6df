/**
 * A live list that does not move under a finger: rows change in place at once, but new ones wait behind a button while the
 * person is in the list.
 */
import { useEffect, useRef, useState } from "react";

interface Item {
  id: string;
}

export interface Held<T> {
  rows: T[];
  fresh: number;
}

/** The rows to show: those shown before in their order, as they are now; `fresh` counts those held back. */
export function hold<T extends Item>(shownIds: readonly string[], items: T[]): Held<T> {
  const shown = new Set(shownIds);
  const firstKnown = items.findIndex((item) => shown.has(item.id));
  // Older rows that were loaded below belong at the end, where they move nothing.
  const rows = items.filter(
    (item, index) => shown.has(item.id) || (firstKnown >= 0 && index > firstKnown),
  );
  return { rows, fresh: items.length - rows.length };
}

export function useHeldList<T extends Item>(items: T[], key: string) {
  const element = useRef<HTMLDivElement>(null);
  const shown = useRef<{ key: string; ids: string[] }>({ key, ids: [] });
  const [released, release] = useState(0);
  const busy = shown.current.key === key && shown.current.ids.length > 0 && isBusy(element.current);
  const held = busy && released === 0 ? hold(shown.current.ids, items) : { rows: items, fresh: 0 };
  useEffect(() => {
    shown.current = { key, ids: held.rows.map((item) => item.id) };
    if (released !== 0) release(0);
  });
  return { element, ...held, showFresh: () => release(released + 1) };
}

function isBusy(element: HTMLElement | null): boolean {
  if (!element) return false;
  const scrolled = element.getBoundingClientRect().top < 0;
  return scrolled || element.matches(":hover") || element.contains(document.activeElement);
}
