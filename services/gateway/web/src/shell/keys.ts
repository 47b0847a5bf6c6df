/** Single-letter shortcuts: off while typing, and off altogether when the person turned them off. */
import { readShortcuts } from "../i18n/preferences.ts";

export function shortcutsOn(): boolean {
  return readShortcuts();
}

/** Keys pressed here belong to what is being written or chosen. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    target.matches("input:not([type=checkbox], [type=radio]), textarea, select")
  );
}
