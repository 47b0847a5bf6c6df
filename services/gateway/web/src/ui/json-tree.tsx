/** Data as a tree that folds, can be searched and copied from; large values are only laid out when asked for. */
import { type ReactNode, useDeferredValue, useMemo, useState } from "react";
import type { Json } from "../api/types.ts";
import { useFormat, useT } from "../i18n/i18n.tsx";
import { CopyButton } from "./copy.tsx";
import {
  allBranches,
  asText,
  entriesOf,
  type Found,
  idOf,
  isBranch,
  linesOf,
  type Path,
  search,
  variableOf,
} from "./json-model.ts";
import { saveAs } from "./save.ts";
import { Plain } from "./text.tsx";
import { useTreeWords } from "./tree-words.ts";

const EAGER_BYTES_MAX = 64 * 1024;
const ITEMS_MAX = 200;
const OPEN_DEPTH = 2;
/** Fewer lines are seen at a glance. */
const SEARCHED_LINES_MIN = 8;

interface Props {
  value: Json | undefined;
  /** Names the data for readers, and the file that it can be kept as. */
  name: string;
  /** The variable that holds the data, such as `review.output`. */
  path?: string;
}

export function JsonView({ value, name, path }: Props) {
  const t = useT();
  const w = useTreeWords();
  const format = useFormat();
  const [wanted, setWanted] = useState(false);
  const text = useMemo(() => JSON.stringify(value ?? null, null, 2), [value]);
  if (value === undefined || value === null) return <p className="muted">{t.runs.noData}</p>;
  const large = text.length > EAGER_BYTES_MAX && !wanted;
  return (
    <div className="json">
      <div className="row end">
        <CopyButton text={asText(value)} label={w.copyAll} />
        <button type="button" className="quiet" onClick={() => saveAs(`${name}.json`, text)}>
          {t.common.download}
        </button>
      </div>
      {large ? (
        <p>
          {t.runs.large(format.bytes(text.length))}{" "}
          <button type="button" onClick={() => setWanted(true)}>
            {t.runs.showAnyway}
          </button>
        </p>
      ) : (
        <Tree value={value} name={name} path={path} />
      )}
    </div>
  );
}

interface View {
  isOpen: (id: string, depth: number) => boolean;
  toggle: (id: string, open: boolean) => void;
  found: Found | null;
  chosen: string | null;
  choose: (path: Path, value: Json) => void;
}

function Tree({ value, name, path }: { value: Json; name: string; path: string | undefined }) {
  const w = useTreeWords();
  const [base, setBase] = useState<Set<string> | null>(null);
  const [turned, setTurned] = useState<ReadonlyMap<string, boolean>>(new Map());
  const [chosen, setChosen] = useState<{ path: Path; value: Json } | null>(null);
  const [asked, setAsked] = useState("");
  const text = useDeferredValue(asked);
  const found = useMemo(() => (text.trim() === "" ? null : search(value, text)), [value, text]);
  const long = useMemo(() => linesOf(value, SEARCHED_LINES_MIN + 1) > SEARCHED_LINES_MIN, [value]);
  const fold = (open: Set<string>) => {
    setBase(open);
    setTurned(new Map());
  };
  const view: View = {
    isOpen: (id, depth) =>
      found !== null
        ? found.shown.has(id)
        : (turned.get(id) ?? (base ? base.has(id) : depth < OPEN_DEPTH)),
    toggle: (id, open) => setTurned((before) => new Map(before).set(id, open)),
    found,
    chosen: chosen && idOf(chosen.path),
    choose: (chosenPath, chosenValue) => setChosen({ path: chosenPath, value: chosenValue }),
  };
  return (
    <>
      {long && (
        <div className="row json-tools">
          <input
            type="search"
            aria-label={w.search}
            placeholder={w.search}
            value={asked}
            onChange={(event) => setAsked(event.target.value)}
          />
          {found && (
            <span className="small muted" role="status">
              {w.matches(found.hits.size)}
            </span>
          )}
          <button type="button" className="quiet" onClick={() => fold(allBranches(value))}>
            {w.expandAll}
          </button>
          <button type="button" className="quiet" onClick={() => fold(new Set([""]))}>
            {w.collapseAll}
          </button>
        </div>
      )}
      {isBranch(value) && <Chosen place={chosen} base={path} />}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways, so the keyboard must reach it */}
      <section className="json-tree scroller" tabIndex={0} aria-label={name}>
        <Line value={value} path={[]} view={view} />
      </section>
    </>
  );
}

/** What can be done with the chosen line. The room for it is always there, so that nothing moves. */
function Chosen({
  place,
  base,
}: {
  place: { path: Path; value: Json } | null;
  base: string | undefined;
}) {
  const w = useTreeWords();
  if (place === null) return <p className="json-chosen small muted">{w.chooseLine}</p>;
  const variable = base === undefined ? null : variableOf(base, place.path);
  return (
    <div className="json-chosen row">
      <code className="small grow">
        <Plain text={variable ?? place.path.join(" › ")} />
      </code>
      {variable && <CopyButton key={variable} text={variable} label={w.copyPath} />}
      <CopyButton key={idOf(place.path)} text={asText(place.value)} label={w.copyValue} />
    </div>
  );
}

interface LineProps {
  value: Json;
  path: Path;
  view: View;
}

function Line({ value, path, view }: LineProps): ReactNode {
  const id = idOf(path);
  if (view.found && path.length > 0 && !view.found.shown.has(id)) return null;
  const look = `${view.found?.hits.has(id) ? "hit" : ""} ${view.chosen === id ? "chosen" : ""}`;
  if (isBranch(value)) return <Branch value={value} path={path} view={view} look={look} />;
  const label = path.at(-1);
  return (
    <div className={`json-leaf ${look}`}>
      {label !== undefined && (
        <>
          <button
            type="button"
            className="json-key"
            aria-pressed={view.chosen === id}
            onClick={() => view.choose(path, value)}
          >
            <Plain text={String(label)} />
          </button>
          {": "}
        </>
      )}
      <Leaf value={value} />
    </div>
  );
}

function Branch({ value, path, view, look }: LineProps & { look: string }) {
  const t = useT();
  const [limit, setLimit] = useState(ITEMS_MAX);
  const id = idOf(path);
  const open = view.isOpen(id, path.length);
  const entries = entriesOf(value);
  const label = path.at(-1);
  const shown = view.found
    ? entries.filter(([name]) => view.found?.shown.has(idOf([...path, name])))
    : entries;
  return (
    <details
      className="json-branch"
      open={open}
      onToggle={(event) => {
        const now = event.currentTarget.open;
        if (now === open) return;
        view.toggle(id, now);
        view.choose(path, value);
      }}
    >
      <summary className={look}>
        {label !== undefined && (
          <span className="json-key">
            <Plain text={String(label)} />:{" "}
          </span>
        )}
        <span className="muted">
          {Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`}
        </span>
      </summary>
      {open &&
        shown
          .slice(0, limit)
          .map(([name, item]) => (
            <Line key={name} value={item} path={[...path, name]} view={view} />
          ))}
      {open && shown.length > limit && (
        <button type="button" className="quiet" onClick={() => setLimit(limit + ITEMS_MAX)}>
          {t.runs.items(shown.length - limit)}...
        </button>
      )}
    </details>
  );
}

function Leaf({ value }: { value: Json }) {
  if (typeof value !== "string") return <span className="json-literal">{String(value)}</span>;
  return (
    <span className="json-text" dir="auto">
      "<Plain text={value} />"
    </span>
  );
}
