/** What every page does on arrival: set the window's title, and take the focus so that readers begin at its heading. */
import { useQuery } from "@tanstack/react-query";
import { type RefObject, useEffect, useRef } from "react";
import { pendingQuery } from "../api/queries.ts";
import { useAnnouncer } from "../ui/announcer.tsx";

/** The page that the browser opened keeps the browser's own start; only pages that follow take the focus. */
let opened = false;

export function usePage(title: string, heading: RefObject<HTMLElement | null>): void {
  const { say } = useAnnouncer();
  const pending = useQuery(pendingQuery).data?.pending ?? 0;
  useEffect(() => {
    document.title = `${pending > 0 ? `(${pending}) ` : ""}${title} - Flusso`;
  }, [title, pending]);
  const first = useRef(title);
  useEffect(() => {
    if (opened) {
      window.scrollTo(0, 0);
      heading.current?.focus({ preventScroll: true });
      say(first.current);
    }
    opened = true;
  }, [heading, say]);
}
