/** The navigation at the side: places, the number of pending tasks, and whether the page is live. */
import { useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "wouter";
import { pendingQuery } from "../api/queries.ts";
import { useFormat, useT } from "../i18n/i18n.tsx";
import { Icon } from "../ui/icons.tsx";
import { ConnectionState } from "./connection.tsx";
import { isAt, PLACES, type Place } from "./places.ts";

export function Sidebar({ collapsed, toggle }: { collapsed: boolean; toggle: () => void }) {
  const t = useT();
  return (
    <aside className="sidebar">
      <div className="row between">
        <Link href="/" className="brand">
          <Icon name="workflows" />
          <span className="label">Flusso</span>
        </Link>
        <button
          type="button"
          className="quiet icon-only collapse"
          aria-expanded={!collapsed}
          onClick={toggle}
        >
          <Icon name="sidebar" />
          <span className="visually-hidden">{collapsed ? t.shell.expand : t.shell.collapse}</span>
        </button>
      </div>
      <nav aria-label={t.shell.navigation}>
        <ul className="plain">
          {PLACES.map((place) => (
            <li key={place.href}>
              <PlaceLink place={place} />
            </li>
          ))}
        </ul>
      </nav>
      <ConnectionState />
    </aside>
  );
}

export function PlaceLink({ place }: { place: Place }) {
  const t = useT();
  const [path] = useLocation();
  return (
    <Link
      href={place.href}
      className="place"
      title={t.nav[place.name]}
      aria-current={isAt(place, path) ? "page" : undefined}
    >
      <Icon name={place.icon} />
      <span className="label">{t.nav[place.name]}</span>
      {place.name === "tasks" && <PendingCount />}
    </Link>
  );
}

function PendingCount() {
  const t = useT();
  const format = useFormat();
  const pending = useQuery(pendingQuery).data?.pending ?? 0;
  if (pending === 0) return null;
  return (
    <span className="count">
      <span aria-hidden="true">{format.number(pending)}</span>
      <span className="visually-hidden">, {t.shell.pending(pending)}</span>
    </span>
  );
}
