/** The navigation of small screens: four places under the thumb, the others behind More. */
import { useEffect, useRef } from "react";
import { useLocation } from "wouter";
import { useT } from "../i18n/i18n.tsx";
import { Icon } from "../ui/icons.tsx";
import { ConnectionState } from "./connection.tsx";
import { PLACES } from "./places.ts";
import { PlaceLink } from "./sidebar.tsx";

const SHOWN = 4;

export function BottomBar() {
  const t = useT();
  const [path] = useLocation();
  const more = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: going to another page is what closes it
  useEffect(() => more.current?.hidePopover(), [path]);
  return (
    <nav className="bottom-bar" aria-label={t.shell.navigation}>
      {PLACES.slice(0, SHOWN).map((place) => (
        <PlaceLink key={place.href} place={place} />
      ))}
      <button type="button" className="place" popoverTarget="more-places">
        <Icon name="more" />
        <span className="label">{t.shell.more}</span>
      </button>
      <div ref={more} id="more-places" popover="auto" className="more-places">
        {PLACES.slice(SHOWN).map((place) => (
          <PlaceLink key={place.href} place={place} />
        ))}
        <ConnectionState />
      </div>
    </nav>
  );
}
