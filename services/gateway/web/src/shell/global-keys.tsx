/** Keys that work on every page: going places, search, the palette and the help. */
import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import { useT } from "../i18n/i18n.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { isTyping, shortcutsOn } from "./keys.ts";
import { Palette } from "./palette.tsx";
import { PLACES } from "./places.ts";

/** `g` waits this long for its second letter. */
const SEQUENCE_MS = 1_500;

export function GlobalKeys() {
  const [, navigate] = useLocation();
  const [open, setOpen] = useState<"help" | "palette" | null>(null);
  useEffect(() => {
    let goUntil = 0;
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        return setOpen("palette");
      }
      if (
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        isTyping(event.target) ||
        !shortcutsOn()
      )
        return;
      const going = performance.now() < goUntil;
      goUntil = 0;
      const place = going && PLACES.find(({ key }) => key === event.key);
      if (place) return navigate(place.href);
      if (event.key === "g") goUntil = performance.now() + SEQUENCE_MS;
      if (event.key === "?") setOpen("help");
      if (event.key === "n") document.querySelector<HTMLElement>("[data-show-new]")?.click();
      if (event.key !== "/") return;
      event.preventDefault();
      document.querySelector<HTMLElement>("[data-page-search]")?.focus();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [navigate]);
  if (open === "help") return <Help onClose={() => setOpen(null)} />;
  if (open === "palette") return <Palette onClose={() => setOpen(null)} />;
  return null;
}

function Help({ onClose }: { onClose: () => void }) {
  const t = useT();
  const lines: [string, string][] = [
    ["j, k", `${t.keys.next}, ${t.keys.previous}`],
    ["PageDown, PageUp", `${t.keys.next}, ${t.keys.previous}`],
    ["a", t.keys.approve],
    ["r", t.keys.reject],
    ["e, Enter", t.keys.edit],
    ["i", t.tasks.context],
    ["o", t.keys.open],
    ["Ctrl+Enter", t.keys.submit],
    ["/", t.keys.filter],
    ["n", t.keys.showNew],
    ...PLACES.map((place): [string, string] => [
      `g ${place.key}`,
      `${t.keys.go} ${t.nav[place.name]}`,
    ]),
    ["Ctrl+K", t.keys.palette],
    ["F6", t.keys.receipts],
    ["?", t.keys.help],
    ["Esc", t.keys.back],
  ];
  return (
    <Dialog title={t.keys.title} onClose={onClose}>
      {!shortcutsOn() && <p className="notice">{t.keys.off}</p>}
      <dl className="keys">
        {lines.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <div className="dialog-actions">
        <button type="button" data-first-focus onClick={onClose}>
          {t.common.close}
        </button>
      </div>
    </Dialog>
  );
}
