/** A card at its place in the inbox; when someone else settles it, it says so and goes after a while. */
import { useEffect, useId, useRef } from "react";
import type { Task } from "../api/types.ts";
import { useFormat, useT } from "../i18n/i18n.tsx";
import { Card } from "./card.tsx";
import type { Action } from "./decision.ts";
import { settledText } from "./receipt.tsx";

const LEAVE_MS = 4_000;
const ASK_AGAIN_MS = 500;

interface Props {
  task: Task;
  position: number;
  size: number;
  active: boolean;
  offset: number;
  index: number;
  measure: (element: HTMLElement | null) => void;
  mayLeave: (id: string) => boolean;
  onLeave: () => void;
  onFocus: () => void;
  onHover: () => void;
  onDecided: (task: Task, action: Action) => void;
  onChanged: (task: Task) => void;
  onSettled: (text: string) => void;
}

export function FeedCard(props: Props) {
  const { task, mayLeave, onLeave, onSettled } = props;
  const t = useT();
  const format = useFormat();
  const titleId = useId();
  const card = useRef<HTMLElement>(null);
  const latest = useRef({ mayLeave, onLeave });
  useEffect(() => {
    latest.current = { mayLeave, onLeave };
  });
  const settled = task.status !== "pending";
  useEffect(() => {
    if (!settled) return;
    const since = Date.now();
    const timer = window.setInterval(() => {
      if (Date.now() - since < LEAVE_MS || !latest.current.mayLeave(task.id)) return;
      window.clearInterval(timer);
      latest.current.onLeave();
    }, ASK_AGAIN_MS);
    return () => window.clearInterval(timer);
  }, [settled, task.id]);

  const wasPending = useRef(!settled);
  // Looked at before the controls go: afterwards nobody can tell whose focus was lost.
  const justSettled = settled && wasPending.current;
  const hadFocus = justSettled && card.current?.contains(document.activeElement);
  useEffect(() => {
    if (!justSettled) return;
    wasPending.current = false;
    if (!hadFocus) return;
    if (document.activeElement === document.body) card.current?.focus({ preventScroll: true });
    onSettled(settledText(t, format, task, null));
  }, [justSettled, hadFocus, onSettled, t, format, task]);

  return (
    <article
      ref={(element) => {
        card.current = element;
        props.measure(element);
      }}
      data-index={props.index}
      data-task-id={task.id}
      className={settled ? "card in-feed settled" : "card in-feed"}
      aria-labelledby={titleId}
      aria-posinset={props.position}
      aria-setsize={props.size}
      tabIndex={props.active ? 0 : -1}
      style={{ transform: `translateY(${props.offset}px)` }}
      onFocus={props.onFocus}
      onPointerEnter={props.onHover}
    >
      <Card
        task={task}
        titleId={titleId}
        onDecided={props.onDecided}
        onChanged={props.onChanged}
        onDismiss={onLeave}
      />
    </article>
  );
}
