/** Tells those who listen to the page that tasks came: how many since it last said so, and not too often. */
import { useEffect, useRef, useState } from "react";
import { useT } from "../i18n/i18n.tsx";
import { useBatches } from "../live/live.tsx";
import { useAnnouncer } from "../ui/announcer.tsx";
import { coalesced } from "../ui/coalesce.ts";

/** A flood of tasks must not talk over what a person is reading. */
const SPOKEN_EVERY_MS = 10_000;

export function useArrivals(spoken: boolean): void {
  const t = useT();
  const { say } = useAnnouncer();
  const count = useRef(0);
  const tell = useRef<() => void>(() => undefined);
  useEffect(() => {
    tell.current = () => {
      if (count.current > 0) say(t.tasks.newTasks(count.current));
      count.current = 0;
    };
  });
  const [later] = useState(() => coalesced(async () => tell.current(), SPOKEN_EVERY_MS));
  useBatches((batch) => {
    if (!spoken || batch.opened.length === 0) return;
    count.current += batch.opened.length;
    later();
  });
}
