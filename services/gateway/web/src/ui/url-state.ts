/** View state in the URL: what a page shows can be linked, reloaded and gone back to. */
import { useCallback, useMemo } from "react";
import { useLocation, useSearch } from "wouter";

/** Fills in the defaults; unknown parameters are ignored. */
export function readState<T extends Record<string, string>>(search: string, defaults: T): T {
  const parameters = new URLSearchParams(search);
  const entries = Object.entries(defaults).map(([name, value]) => [
    name,
    parameters.get(name) ?? value,
  ]);
  return Object.fromEntries(entries) as T;
}

/** The shortest query string that says the same: defaults are left out, other parameters of the page kept. */
export function writeState<T extends Record<string, string>>(
  search: string,
  defaults: T,
  state: T,
): string {
  const parameters = new URLSearchParams(search);
  for (const [name, value] of Object.entries(state)) {
    if (value === defaults[name]) parameters.delete(name);
    else parameters.set(name, value);
  }
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}

/** `replace` while typing, `push` for a choice. */
export function useUrlState<T extends Record<string, string>>(
  defaults: T,
): [T, (change: Partial<T>, how?: "push" | "replace") => void] {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const state = useMemo(() => readState(search, defaults), [search, defaults]);
  const change = useCallback(
    (part: Partial<T>, how: "push" | "replace" = "push") => {
      const current = readState(window.location.search, defaults);
      const next = writeState(window.location.search, defaults, { ...current, ...part });
      navigate(path + next, { replace: how === "replace" });
    },
    [defaults, path, navigate],
  );
  return [state, change];
}
