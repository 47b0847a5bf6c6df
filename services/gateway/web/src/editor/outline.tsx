/** The graph as an indented list, to be read and changed with the keyboard alone: the canvas's equal. */
import { type KeyboardEvent, type ReactNode, useRef, useState } from "react";
import { type Graph, type GraphNode, TRIGGER } from "../graph/definition.ts";
import { labelOf } from "../graph/flow-labels.ts";
import { iconOf } from "../graph/node-types.ts";
import type { RunStates } from "../graph/run-state.ts";
import { useGraphWords } from "../graph/words.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Glyph } from "../ui/glyph.tsx";
import { Icon } from "../ui/icons.tsx";
import { StatusBadge } from "../ui/status.tsx";
import { UserText } from "../ui/text.tsx";
import { type OutlineRow, outlineRows } from "./outline-rows.ts";
import { Palette } from "./palette.tsx";
import { sourceName } from "./runs-after.tsx";
import type { TypeInfo } from "./schema.ts";
import type { Selection } from "./use-selection.ts";
import { useEditorWords } from "./words.ts";

interface Props {
  graph: Graph;
  types: TypeInfo[];
  selection: Selection;
  states: RunStates | null;
  problems: Readonly<Record<string, number>>;
  panel: (node: GraphNode) => ReactNode;
}

export function Outline(props: Props) {
  const { graph, types, selection } = props;
  const w = useEditorWords();
  const list = useRef<HTMLOListElement>(null);
  const [adding, setAdding] = useState<string | null>(null);
  const rows = outlineRows(graph);
  const focusNow = (key: string | undefined) => {
    const row = [...(list.current?.querySelectorAll<HTMLElement>("[data-row]") ?? [])];
    (row.find((one) => one.dataset.row === key) ?? row[0])?.focus();
  };
  /** Once what has changed is drawn. */
  const focus = (key: string | undefined) => requestAnimationFrame(() => focusNow(key));

  const remove = (key: string) => {
    if (key === TRIGGER) return;
    const at = rows.findIndex((row) => row.node.key === key);
    selection.remove([key]);
    selection.select([]);
    focus((rows[at + 1] ?? rows[at - 1])?.node.key);
  };

  const keyed = (event: KeyboardEvent) => {
    const key = event.target instanceof HTMLElement ? event.target.dataset.row : undefined;
    if (key === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = rows.findIndex((row) => row.node.key === key);
    const act: Record<string, () => void> = {
      ArrowDown: () => focusNow(rows[Math.min(at + 1, rows.length - 1)]?.node.key),
      ArrowUp: () => focusNow(rows[Math.max(at - 1, 0)]?.node.key),
      Home: () => focusNow(rows[0]?.node.key),
      End: () => focusNow(rows.at(-1)?.node.key),
      Delete: () => remove(key),
      Insert: () => setAdding(key),
    };
    const wanted = act[event.key];
    if (!wanted) return;
    event.preventDefault();
    wanted();
  };

  return (
    <section className="outline" aria-label={w.steps}>
      <h2 className="visually-hidden">{w.steps}</h2>
      <p className="muted small keys-hint">{w.keys}</p>
      <ol className="plain" ref={list} onKeyDown={keyed}>
        {rows.map((row) => (
          <li key={row.node.index} data-depth={row.depth}>
            <Row
              {...props}
              row={row}
              onAdd={() => setAdding(row.node.key)}
              onRemove={() => remove(row.node.key)}
            />
          </li>
        ))}
      </ol>
      {adding !== null && (
        <Dialog title={w.palette} onClose={() => setAdding(null)}>
          <Palette
            types={types}
            focusFirst
            onAdd={(type) => {
              const key = selection.add(type, adding);
              setAdding(null);
              focus(key);
            }}
          />
        </Dialog>
      )}
    </section>
  );
}

interface RowProps extends Props {
  row: OutlineRow;
  onAdd: () => void;
  onRemove: () => void;
}

function Row({ row, graph, selection, states, problems, panel, onAdd, onRemove }: RowProps) {
  const w = useEditorWords();
  const { w: words } = useGraphWords();
  const { node, after } = row;
  const name = labelOf(words, node);
  const open = selection.selected.includes(node.key);
  const status = states?.nodes[node.key];
  const count = problems[node.key] ?? 0;
  const before = after.map((one) => sourceName(words, graph, one)).join(", ");
  return (
    <div className={`outline-row ${open ? "open" : ""}`}>
      <div className="outline-head">
        <button
          type="button"
          className="quiet outline-name"
          data-row={node.key}
          data-path={node.key === TRIGGER ? "/trigger" : `/nodes/${node.index}`}
          aria-expanded={open}
          onClick={() => selection.select(open ? [] : [node.key])}
        >
          <Glyph path={iconOf(node.type)} />
          <span className="outline-words">
            <span className="outline-title">
              <UserText text={name} />
            </span>
            <span className="muted small">
              {words.types[node.type] ?? node.type}
              {node.key !== TRIGGER && (
                <>
                  {" · "}
                  <UserText text={before === "" ? w.afterNothing : w.after(before)} />
                </>
              )}
            </span>
          </span>
          {status && <StatusBadge status={status} />}
          {count > 0 && (
            <span className="badge tone-danger">
              <Icon name="warning" />
              {words.problems(count)}
            </span>
          )}
        </button>
        <button
          type="button"
          className="quiet icon-only"
          aria-label={w.addAfter(name)}
          title={w.addAfter(name)}
          onClick={onAdd}
        >
          <Icon name="plus" />
        </button>
        {node.key !== TRIGGER && (
          <button
            type="button"
            className="quiet icon-only"
            aria-label={w.removeStep(name)}
            title={w.removeStep(name)}
            onClick={onRemove}
          >
            <Icon name="cross" />
          </button>
        )}
      </div>
      {open && (
        <section className="outline-panel" aria-label={w.settings(name)}>
          {panel(node)}
        </section>
      )}
    </div>
  );
}
