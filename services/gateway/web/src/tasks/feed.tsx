/** The cards of the inbox: only those near the screen exist, and none goes while a person is busy with it. */
import { defaultRangeExtractor, type Range, useWindowVirtualizer } from "@tanstack/react-virtual";
import {
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import type { Task } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { useAnnouncer } from "../ui/announcer.tsx";
import { withoutHidden } from "../ui/bidi.ts";
import { titleOf } from "./card-head.tsx";
import type { Action } from "./decision.ts";
import { draftedIds, hasDraft } from "./drafts.ts";
import { FeedCard } from "./feed-card.tsx";
import { useFeedKeys } from "./feed-keys.ts";
import { type Inbox, neighbourOf, removeTask, replaceTask } from "./inbox.ts";
import { receiptText } from "./receipt.tsx";

const ESTIMATED_HEIGHT = 230;
const GAP = 12;
const OVERSCAN = 4;
/** The next page is asked for this many cards before the end. */
const PREFETCH_CARDS = 10;
/** After cards moved up, the next Approve lies under the pointer: clicks are ignored for this long. */
const SHIELD_MS = 500;

interface Props {
  tasks: Task[];
  total: number | null;
  busy: boolean;
  hasMore: boolean;
  loadMore: () => void;
  change: (edit: (inbox: Inbox) => Inbox) => void;
  /** The card that the person went to last. */
  activeId: string | null;
  onActive: (id: string | null) => void;
  /** Takes the focus when no card is left. */
  heading: RefObject<HTMLHeadingElement | null>;
  /** Ids that must stay in the list whatever the server says; shared with whoever refreshes it. */
  held: RefObject<Set<string>>;
}

export function Feed(props: Props) {
  const { tasks, total, busy, hasMore, loadMore, change, heading, held, activeId } = props;
  const setActiveId = props.onActive;
  const t = useT();
  const { receipt, say } = useAnnouncer();
  const list = useRef<HTMLDivElement>(null);
  const [margin, setMargin] = useState(0);
  const focusNext = useRef<string | null>(null);
  const scrollBy = useRef(0);
  const [settling, setSettling] = useState(false);
  const hoveredId = useRef<string | null>(null);
  const indexes = useMemo(() => new Map(tasks.map((task, index) => [task.id, index])), [tasks]);
  const activeIndex = activeId === null ? 0 : (indexes.get(activeId) ?? 0);

  const rangeExtractor = useCallback(
    (range: Range) => {
      const ids = [activeId, ...draftedIds(), ...held.current];
      const kept = ids.flatMap((id) => (id === null ? [] : (indexes.get(id) ?? [])));
      return [...new Set([...kept, ...defaultRangeExtractor(range)])].sort((a, b) => a - b);
    },
    [activeId, indexes, held],
  );

  const virtualizer = useWindowVirtualizer({
    count: tasks.length,
    estimateSize: () => ESTIMATED_HEIGHT,
    gap: GAP,
    overscan: OVERSCAN,
    scrollMargin: margin,
    getItemKey: (index) => tasks[index]?.id ?? index,
    rangeExtractor,
  });
  const rows = virtualizer.getVirtualItems();
  const lastIndex = rows.at(-1)?.index ?? 0;

  useLayoutEffect(() => {
    const measure = () => {
      if (list.current) setMargin(list.current.getBoundingClientRect().top + window.scrollY);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each card that leaves starts the time anew
  useEffect(() => {
    if (!settling) return;
    const timer = window.setTimeout(() => setSettling(false), SHIELD_MS);
    return () => window.clearTimeout(timer);
  }, [settling, tasks.length]);

  useEffect(() => {
    if (hasMore && !busy && lastIndex >= tasks.length - PREFETCH_CARDS) loadMore();
  }, [hasMore, busy, lastIndex, tasks.length, loadMore]);

  const cardOf = useCallback(
    (id: string) =>
      list.current?.querySelector<HTMLElement>(`[data-task-id="${CSS.escape(id)}"]`) ?? null,
    [],
  );

  // After every change of the list: keep what is read in place, and the focus somewhere.
  useLayoutEffect(() => {
    if (scrollBy.current !== 0) window.scrollBy(0, scrollBy.current);
    scrollBy.current = 0;
    const wanted = focusNext.current;
    if (wanted === null) return;
    const target = cardOf(wanted);
    if (!target) return;
    focusNext.current = null;
    target.focus();
  });

  const moveTo = (index: number) => {
    const task = tasks[Math.max(0, Math.min(index, tasks.length - 1))];
    if (!task) return;
    setActiveId(task.id);
    focusNext.current = task.id;
    if (!cardOf(task.id)) virtualizer.scrollToIndex(indexes.get(task.id) ?? 0);
  };

  /** At once, while all are still there: the list itself goes with its last card. */
  const handFocusTo = (next: Task | null) => {
    const target = next ? cardOf(next.id) : heading.current;
    if (target) target.focus();
    else focusNext.current = next?.id ?? null;
    setActiveId(next?.id ?? null);
  };

  const remove = (id: string) => {
    const card = cardOf(id);
    const hadFocus = card?.contains(document.activeElement) ?? false;
    const next = neighbourOf(tasks, id);
    held.current.delete(id);
    if (hadFocus) handFocusTo(next);
    if (card && card.getBoundingClientRect().bottom < 0)
      scrollBy.current -= card.offsetHeight + GAP;
    setSettling(true);
    change((inbox) => removeTask(inbox, id));
    return next;
  };

  const decided = (task: Task, action: Action) => {
    const next = remove(task.id);
    const text = receiptText(t, action);
    const after = next ? t.tasks.next(withoutHidden(titleOf(next))) : t.tasks.noMore;
    receipt(text, { href: `/runs/${task.run_id}`, label: t.common.openRun }, `${text} ${after}`);
  };

  const changed = (task: Task) => {
    held.current.add(task.id);
    change((inbox) => replaceTask(inbox, task));
  };

  /** A settled card goes unless it is focused, half filled, told to stay, or its going would move what is pointed at. */
  const mayLeave = (id: string): boolean => {
    if (held.current.has(id) || hasDraft(id)) return false;
    if (cardOf(id)?.contains(document.activeElement)) return false;
    const hovered = hoveredId.current === null ? undefined : indexes.get(hoveredId.current);
    return hovered === undefined || hovered < (indexes.get(id) ?? 0);
  };

  useFeedKeys(list, activeIndex, moveTo);

  return (
    <div
      ref={list}
      className={settling ? "feed settling" : "feed"}
      role="feed"
      aria-busy={busy}
      aria-label={t.tasks.list}
      style={{ height: virtualizer.getTotalSize() }}
      onPointerLeave={() => {
        hoveredId.current = null;
      }}
    >
      {rows.map((row) => {
        const task = tasks[row.index];
        if (!task) return null;
        return (
          <FeedCard
            key={task.id}
            task={task}
            position={row.index + 1}
            size={total ?? -1}
            active={row.index === activeIndex}
            offset={row.start - margin}
            index={row.index}
            measure={virtualizer.measureElement}
            mayLeave={mayLeave}
            onLeave={() => {
              remove(task.id);
            }}
            onFocus={() => setActiveId(task.id)}
            onHover={() => {
              hoveredId.current = task.id;
            }}
            onDecided={decided}
            onChanged={changed}
            onSettled={say}
          />
        );
      })}
    </div>
  );
}
