/** Filters beyond the search: always there on wide screens, behind a button on small ones. */
import { type ReactNode, useState } from "react";
import { useT } from "../i18n/i18n.tsx";
import { Icon } from "./icons.tsx";

export function FilterMore({ children, active }: { children: ReactNode; active: boolean }) {
  const t = useT();
  const [open, setOpen] = useState(active);
  return (
    <>
      <button
        type="button"
        className="filter-toggle"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon name="filter" /> {t.tasks.filters}
      </button>
      <div className={open ? "filter-more open" : "filter-more"}>{children}</div>
    </>
  );
}
