/** Type a few letters of a page or workflow, press Enter. A combobox as the accessibility patterns describe it. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import { workflowChoicesQuery } from "../api/queries.ts";
import { useT } from "../i18n/i18n.tsx";
import { withoutHidden } from "../ui/bidi.ts";
import { Dialog } from "../ui/dialog.tsx";
import { PLACES } from "./places.ts";

const RESULTS_MAX = 12;

interface Choice {
  href: string;
  label: string;
  hint: string;
}

export function Palette({ onClose }: { onClose: () => void }) {
  const t = useT();
  const [, navigate] = useLocation();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const workflows = useQuery(workflowChoicesQuery).data?.items ?? [];
  const choices: Choice[] = [
    ...PLACES.map((place) => ({
      href: place.href,
      label: t.nav[place.name],
      hint: `g ${place.key}`,
    })),
    { href: "/workflows/new", label: t.workflows.new, hint: "" },
    ...workflows.map((workflow) => ({
      href: `/workflows/${workflow.id}`,
      label: withoutHidden(workflow.name),
      hint: t.nav.workflows,
    })),
  ];
  const wanted = text.trim().toLowerCase();
  const found = choices
    .filter(({ label }) => label.toLowerCase().includes(wanted))
    .slice(0, RESULTS_MAX);
  const go = (choice: Choice | undefined) => {
    if (!choice) return;
    onClose();
    navigate(choice.href);
  };
  const press = (event: React.KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0 && found.length > 0) setAt((at + step + found.length) % found.length);
    else if (event.key === "Enter") go(found[at]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={t.keys.palette} onClose={onClose} className="palette">
      <input
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found[at] ? `palette-${at}` : undefined}
        aria-label={t.keys.paletteLabel}
        data-first-focus
        value={text}
        onKeyDown={press}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
      />
      <div id="palette-list" role="listbox" aria-label={t.keys.palette}>
        {found.map((choice, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard acts through the field, as in every combobox
          <div
            key={choice.href}
            id={`palette-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            onClick={() => go(choice)}
          >
            <span dir="auto">{choice.label}</span>
            <span className="muted small">{choice.hint}</span>
          </div>
        ))}
      </div>
      {found.length === 0 && <p className="muted">{t.keys.noMatch}</p>}
    </Dialog>
  );
}
