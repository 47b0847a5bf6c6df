/** One shared clock for every relative time on the page, corrected by the server's. */
import { createContext, useContext, useSyncExternalStore } from "react";

let offsetMs = 0;
const slow = ticker(30_000);
const fast = ticker(1_000);

export function setServerTime(time: string): void {
  const server = Date.parse(time);
  if (Number.isFinite(server)) offsetMs = server - Date.now();
}

export function now(): number {
  return Date.now() + offsetMs;
}

/** The present, every 30 s, or every second for durations that run. */
export function useNow(everySecond = false): number {
  const clock = everySecond ? fast : slow;
  return useSyncExternalStore(clock.subscribe, clock.read) + offsetMs;
}

/** The time that a page shows when it shows the past; null for the present. */
export const Moment = createContext<number | null>(null);

/** The time of what is shown: of the past, or the present every second. */
export function useMoment(): number {
  const then = useContext(Moment);
  const present = useNow(then === null);
  return then ?? present;
}

function ticker(everyMs: number) {
  const listeners = new Set<() => void>();
  let timer: number | undefined;
  let time = Date.now();
  const tick = () => {
    time = Date.now();
    for (const listener of listeners) listener();
  };
  return {
    read: () => time,
    subscribe: (listener: () => void) => {
      // A page opened after a pause of the ticker must not show the time of the last tick.
      if (listeners.size === 0) time = Date.now();
      listeners.add(listener);
      timer ??= window.setInterval(tick, everyMs);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        window.clearInterval(timer);
        timer = undefined;
      };
    },
  };
}
