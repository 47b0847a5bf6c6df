/** The steps that there are, by category, to search; a click, Enter or a drag adds one. */
import { useState } from "react";
import { CATEGORIES, categoryOf, DRAGGED_TYPE, iconOf } from "../graph/node-types.ts";
import { useGraphWords } from "../graph/words.ts";
import { Glyph } from "../ui/glyph.tsx";
import type { TypeInfo } from "./schema.ts";
import { useEditorWords } from "./words.ts";

interface Props {
  types: TypeInfo[];
  onAdd: (type: string) => void;
  focusFirst?: boolean;
}

export function Palette({ types, onAdd, focusFirst = false }: Props) {
  const w = useEditorWords();
  const { w: words } = useGraphWords();
  const [search, setSearch] = useState("");
  const nameOf = (type: string) => words.types[type] ?? type;
  const wanted = search.trim().toLowerCase();
  const found = types.filter(({ type, help }) =>
    [nameOf(type), type, help].some((text) => text.toLowerCase().includes(wanted)),
  );
  // A name says more than what stands in an explanation.
  const best = found.find(({ type }) => nameOf(type).toLowerCase().includes(wanted)) ?? found[0];
  return (
    <div className="node-palette">
      <input
        type="search"
        aria-label={w.search}
        placeholder={w.search}
        value={search}
        data-first-focus={focusFirst || undefined}
        onChange={(event) => setSearch(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          if (best) onAdd(best.type);
        }}
      />
      {found.length === 0 && <p className="muted small">{w.noMatch}</p>}
      {CATEGORIES.map((category) => {
        const members = found.filter(({ type }) => categoryOf(type) === category);
        if (members.length === 0) return null;
        return (
          <section key={category} aria-label={w.categories[category]}>
            <h3>{w.categories[category]}</h3>
            <ul className="plain">
              {members.map(({ type, help }) => (
                <li key={type}>
                  <button
                    type="button"
                    className="quiet"
                    draggable
                    title={help}
                    onDragStart={(event) => event.dataTransfer.setData(DRAGGED_TYPE, type)}
                    onClick={() => onAdd(type)}
                  >
                    <Glyph path={iconOf(type)} />
                    {nameOf(type)}
                  </button>
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </div>
  );
}
