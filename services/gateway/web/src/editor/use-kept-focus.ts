/** The focus of the editor through its own changes. */
import { type RefObject, useEffect, useRef } from "react";
import type { JsonObject } from "../api/types.ts";

type Change = (definition: JsonObject, tag: string) => void;

/** What had the focus may go with a change, or with the graph or outline that it was in: then it is given to what is chosen now, so that keys still reach the editor. */
export function useKeptFocus(
  element: RefObject<HTMLElement | null>,
  definition: JsonObject,
  mode: string,
  onChange: Change,
): Change {
  const shown = useRef(mode);
  const had = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: after each change of the definition, or of how it is shown
  useEffect(() => {
    if (!had.current && shown.current === mode) return;
    had.current = false;
    shown.current = mode;
    const frame = requestAnimationFrame(() => {
      const { activeElement } = document;
      if (activeElement !== document.body && activeElement !== element.current) return;
      const chosen = ".react-flow__node.selected, [data-row][aria-expanded=true]";
      const next = element.current?.querySelector<HTMLElement>(chosen);
      (next ?? element.current)?.focus();
    });
    return () => cancelAnimationFrame(frame);
  }, [definition, mode, element]);
  return (next, tag) => {
    had.current = element.current?.contains(document.activeElement) ?? false;
    onChange(next, tag);
  };
}
