/** The keyboard of the inbox: letters act on the card that has the focus, and never on one that was not seen. */
import { type RefObject, useEffect, useRef } from "react";
import { isTyping, shortcutsOn } from "../shell/keys.ts";

/** A card must have been in full view with the focus for this long before a letter decides it. */
const SEEN_MS = 300;

export function useFeedKeys(
  list: RefObject<HTMLElement | null>,
  activeIndex: number,
  moveTo: (index: number) => void,
): void {
  const latest = useRef({ activeIndex, moveTo });
  useEffect(() => {
    latest.current = { activeIndex, moveTo };
  });
  useEffect(() => {
    const focused = { card: null as Element | null, at: 0 };
    const noteFocus = () => {
      const card = focusedCard(list.current);
      if (card !== focused.card) Object.assign(focused, { card, at: performance.now() });
    };
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (document.querySelector("dialog[open]")) return;
      const card = focusedCard(list.current);
      if (isTyping(event.target)) {
        if (event.key === "Escape" && card) card.focus();
        return;
      }
      const step = stepOf(event.key, card !== null);
      if (step !== 0) {
        const { activeIndex: index, moveTo: move } = latest.current;
        event.preventDefault();
        return move(card ? index + step : index);
      }
      if (!card) return;
      const seen = performance.now() - focused.at >= SEEN_MS && isInView(card);
      if (act(event, card, seen)) event.preventDefault();
    };
    document.addEventListener("focusin", noteFocus);
    document.addEventListener("keydown", press);
    return () => {
      document.removeEventListener("focusin", noteFocus);
      document.removeEventListener("keydown", press);
    };
  }, [list]);
}

function focusedCard(list: HTMLElement | null): HTMLElement | null {
  const card = document.activeElement?.closest<HTMLElement>("article.in-feed") ?? null;
  return card && list?.contains(card) ? card : null;
}

function stepOf(key: string, inList: boolean): number {
  if (inList && key === "PageDown") return 1;
  if (inList && key === "PageUp") return -1;
  if (!shortcutsOn()) return 0;
  return key === "j" ? 1 : key === "k" ? -1 : 0;
}

/** True when the key did something. */
function act(event: KeyboardEvent, card: HTMLElement, seen: boolean): boolean {
  const onCard = event.target === card;
  if (event.key === "Enter") return onCard && enter(card);
  if (!shortcutsOn()) return false;
  switch (event.key) {
    case "a":
      return !event.repeat && seen && press(card, "[data-action=approve]");
    case "r":
      return !event.repeat && press(card, "[data-action=reject], .reject-run");
    case "e":
      return enter(card);
    case "o":
      return press(card, "a[href^='/runs/']");
    case "i":
      return press(card, "details.context > summary");
    default:
      return false;
  }
}

function press(card: HTMLElement, selector: string): boolean {
  const control = card.querySelector<HTMLElement>(selector);
  control?.click();
  return control !== null;
}

/** The first field, else the card's context. */
function enter(card: HTMLElement): boolean {
  const field = card.querySelector<HTMLElement>("form input, form textarea");
  if (!field) return press(card, "details.context > summary");
  field.focus();
  return true;
}

/** The whole card, or of a card that is taller than the window its buttons. */
function isInView(card: HTMLElement): boolean {
  const box = card.getBoundingClientRect();
  const tall = box.height > window.innerHeight;
  const seen = tall ? (card.querySelector(".card-actions")?.getBoundingClientRect() ?? box) : box;
  return seen.top >= 0 && seen.bottom <= window.innerHeight;
}
