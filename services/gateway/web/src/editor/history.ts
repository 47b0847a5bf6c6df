/** Undo and redo over whole drafts: small, since each holds what was there before it and shares the rest. */

export interface History<T> {
  past: T[];
  future: T[];
  /** What the newest change was about, and when: typing on in one field is one change. */
  tag: string;
  at: number;
}

export const STEPS_MAX = 100;
const ONE_CHANGE_MS = 1_500;

export function emptyHistory<T>(): History<T> {
  return { past: [], future: [], tag: "", at: 0 };
}

/** `before` is what is left behind. */
export function record<T>(history: History<T>, before: T, tag: string, now: number): History<T> {
  const goesOn = tag !== "" && tag === history.tag && now - history.at < ONE_CHANGE_MS;
  const past = goesOn && history.past.length > 0 ? history.past : [...history.past, before];
  return { past: past.slice(-STEPS_MAX), future: [], tag, at: now };
}

export function undo<T>(history: History<T>, present: T): [History<T>, T] | null {
  const before = history.past.at(-1);
  if (before === undefined) return null;
  const future = [present, ...history.future];
  return [{ past: history.past.slice(0, -1), future, tag: "", at: 0 }, before];
}

export function redo<T>(history: History<T>, present: T): [History<T>, T] | null {
  const [next, ...future] = history.future;
  if (next === undefined) return null;
  return [{ past: [...history.past, present], future, tag: "", at: 0 }, next];
}
