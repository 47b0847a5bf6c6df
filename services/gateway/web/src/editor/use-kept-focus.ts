/** The focus of the editor through its own changes. */
import { type RefObject, useEffect, useRef } from "react";
import type { JsonObject } from "../api/types.ts";

type Change = (definition: JsonObject, tag: string) => void;

/** What had the focus may go with a change: then it is given to what is chosen now, so that keys still reach the editor. */
export function useKeptFocus(
  element: RefObject<HTMLElement | null>,
  definition: JsonObject,
  onChange: Change,
): Change {
  const had = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: after each change of the definition
  useEffect(() => {
    if (!had.current) return;
    had.current = false;
    const frame = requestAnimationFrame(() => {
      if (document.activeElement !== document.body) return;
      const chosen = ".react-flow__node.selected, [data-row][aria-expanded=true]";
      const next = element.current?.querySelector<HTMLElement>(chosen);
      (next ?? element.current)?.focus();
    });
    return () => cancelAnimationFrame(frame);
  }, [definition, element]);
  return (next, tag) => {
    had.current = element.current?.contains(document.activeElement) ?? false;
    onChange(next, tag);
  };
}
