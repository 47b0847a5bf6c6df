/** Data as a tree that folds; large values are only laid out when asked for. */
import { type ReactNode, useState } from "react";
import type { Json } from "../api/types.ts";
import { useFormat, useT } from "../i18n/i18n.tsx";
import { CopyButton } from "./copy.tsx";
import { saveAs } from "./save.ts";
import { Plain } from "./text.tsx";

const EAGER_BYTES_MAX = 64 * 1024;
const ITEMS_MAX = 200;
const OPEN_DEPTH = 2;

export function JsonView({ value, name }: { value: Json | undefined; name: string }) {
  const t = useT();
  const format = useFormat();
  const [wanted, setWanted] = useState(false);
  if (value === undefined || value === null) return <p className="muted">{t.runs.noData}</p>;
  const text = JSON.stringify(value, null, 2);
  const large = text.length > EAGER_BYTES_MAX && !wanted;
  return (
    <div className="json">
      <div className="row end">
        <CopyButton text={text} />
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
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways, so the keyboard must reach it
        <section className="json-tree scroller" tabIndex={0} aria-label={name}>
          <Node value={value} depth={0} />
        </section>
      )}
    </div>
  );
}

function Node({ value, depth, label }: { value: Json; depth: number; label?: string }): ReactNode {
  const key =
    label === undefined ? null : <span className="json-key">{<Plain text={label} />}: </span>;
  if (value === null || typeof value !== "object") {
    return (
      <div className="json-leaf">
        {key}
        <Leaf value={value} />
      </div>
    );
  }
  const entries = Array.isArray(value)
    ? value.map((item, index) => [String(index), item] as const)
    : Object.entries(value);
  return <Branch entries={entries} list={Array.isArray(value)} depth={depth} label={key} />;
}

interface BranchProps {
  entries: (readonly [string, Json])[];
  list: boolean;
  depth: number;
  label: ReactNode;
}

function Branch({ entries, list, depth, label }: BranchProps) {
  const t = useT();
  const [open, setOpen] = useState(depth < OPEN_DEPTH);
  const [limit, setLimit] = useState(ITEMS_MAX);
  return (
    <details
      className="json-branch"
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        {label}
        <span className="muted">{list ? `[${entries.length}]` : `{${entries.length}}`}</span>
      </summary>
      {open &&
        entries
          .slice(0, limit)
          .map(([name, item]) => <Node key={name} value={item} depth={depth + 1} label={name} />)}
      {open && entries.length > limit && (
        <button type="button" className="quiet" onClick={() => setLimit(limit + ITEMS_MAX)}>
          {t.runs.items(entries.length - limit)}...
        </button>
      )}
    </details>
  );
}

function Leaf({ value }: { value: null | boolean | number | string }) {
  if (typeof value !== "string") return <span className="json-literal">{String(value)}</span>;
  return (
    <span className="json-text" dir="auto">
      "<Plain text={value} />"
    </span>
  );
}
