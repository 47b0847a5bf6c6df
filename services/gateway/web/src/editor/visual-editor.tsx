/** A definition as a graph or as an outline, with the settings of what is chosen; both change the one draft. */
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { Link } from "wouter";
import type { Fault, JsonObject, RunDetail } from "../api/types.ts";
import { type GraphNode, readGraph, TRIGGER } from "../graph/definition.ts";
import { labelOf } from "../graph/flow-labels.ts";
import { iconOf } from "../graph/node-types.ts";
import { statesOf } from "../graph/run-state.ts";
import { useGraphWords } from "../graph/words.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { isEnded } from "../live/apply.ts";
import { Glyph } from "../ui/glyph.tsx";
import { LoadError, Loading } from "../ui/states.tsx";
import { StatusBadge } from "../ui/status.tsx";
import { UserText } from "../ui/text.tsx";
import "./editor.css";
import { Outline } from "./outline.tsx";
import { Palette } from "./palette.tsx";
import { Panel, pathOf } from "./panel.tsx";
import { type Schema, schemaQuery } from "./schema.ts";
import { useKeptFocus } from "./use-kept-focus.ts";
import { useRuns } from "./use-runs.ts";
import { type Selection, useSelection } from "./use-selection.ts";
import { useEditorWords } from "./words.ts";

const loadCanvas = () => import("../graph/canvas.tsx");
const Canvas = lazy(async () => ({ default: (await loadCanvas()).Canvas }));

const FIRST_SETTING = ".panel :is(input, select, textarea)";

export interface VisualProps {
  mode: "graph" | "outline";
  workflowId: string | null;
  definition: JsonObject;
  faults: Fault[];
  /** A problem that somebody wants to see, counted so that the same one can be wanted again. */
  wanted: { fault: Fault; count: number } | null;
  testRun: string;
  onEndTest: () => void;
  onChange: (definition: JsonObject, tag: string) => void;
}

export default function VisualEditor(props: VisualProps) {
  const { language } = useI18n();
  const schema = useQuery(schemaQuery(language));
  const isGraph = props.mode === "graph";
  // Beside the schema instead of after it; where it cannot be loaded, the canvas says so.
  useEffect(() => {
    if (isGraph) loadCanvas().catch(() => undefined);
  }, [isGraph]);
  if (schema.isError) return <LoadError error={schema.error} retry={() => void schema.refetch()} />;
  if (schema.isPending) return <Loading lines={4} />;
  return <Loaded {...props} schema={schema.data} />;
}

function Loaded(props: VisualProps & { schema: Schema }) {
  const { mode, definition, faults, schema, wanted, onChange } = props;
  const w = useEditorWords();
  const element = useRef<HTMLDivElement>(null);
  const [tidied, setTidied] = useState(0);
  const graph = useMemo(() => readGraph(definition), [definition]);
  const change = useKeptFocus(element, definition, mode, onChange);
  const selection = useSelection(definition, graph, change);
  const { test, outputs } = useRuns(props.workflowId, props.testRun);
  const states = test ? statesOf(graph, test.trace, isEnded(test.status)) : null;
  const problems = countProblems(graph.nodes.concat(graph.trigger), faults);

  const { select } = selection;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each wish, whatever changes meanwhile
  useEffect(() => {
    if (!wanted) return;
    const index = /^\/nodes\/(\d+)/.exec(wanted.fault.path)?.[1];
    const node = graph.nodes.find((one) => String(one.index) === index) ?? graph.trigger;
    select([node.key]);
    const frame = requestAnimationFrame(() => focusPath(element.current, wanted.fault.path));
    return () => cancelAnimationFrame(frame);
  }, [wanted]);

  const panel = (node: GraphNode) => (
    <Panel
      key={node.index}
      schema={schema}
      definition={definition}
      graph={graph}
      node={node}
      faults={faults}
      outputs={outputs}
      tested={test ? (test.trace.findLast((step) => step.node === node.key) ?? null) : undefined}
      onChange={change}
      onRenamed={(key) => select([key])}
      actions={<PanelActions node={node} selection={selection} />}
    />
  );

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys are those of the canvas and the list inside
    <div
      ref={element}
      className="visual"
      tabIndex={-1}
      onKeyDown={(event) => clipboardKeys(event, selection)}
      onPaste={(event) => {
        if (isTyping(event.target)) return;
        event.preventDefault();
        selection.paste(event.clipboardData.getData("text/plain"), rowOf(event.target));
      }}
    >
      {test && <TestLine run={test} onEnd={props.onEndTest} />}
      {mode === "outline" ? (
        <Outline
          graph={graph}
          types={schema.nodes}
          selection={selection}
          states={states}
          problems={problems}
          panel={panel}
        />
      ) : (
        <div className="workbench">
          <section className="card" aria-label={w.palette}>
            <h2>{w.palette}</h2>
            <Palette types={schema.nodes} onAdd={(type) => selection.add(type)} />
          </section>
          <div className="canvas-column">
            <Suspense fallback={<Loading lines={4} />}>
              <Canvas
                graph={graph}
                selected={selection.selected}
                onSelect={select}
                states={states}
                problems={problems}
                tidied={tidied}
                editing={{
                  connect: selection.connect,
                  removeNodes: selection.remove,
                  removeEdges: selection.removeEdges,
                  enter: () => element.current?.querySelector<HTMLElement>(FIRST_SETTING)?.focus(),
                  drop: (type, on) => selection.add(type, on),
                }}
              />
            </Suspense>
            <button type="button" className="quiet tidy" onClick={() => setTidied(tidied + 1)}>
              {w.tidy}
            </button>
          </div>
          <Chosen graph={graph} selection={selection} panel={panel} />
        </div>
      )}
    </div>
  );
}

interface ChosenProps {
  graph: ReturnType<typeof readGraph>;
  selection: Selection;
  panel: (node: GraphNode) => React.ReactNode;
}

function Chosen({ graph, selection, panel }: ChosenProps) {
  const w = useEditorWords();
  const { w: words } = useGraphWords();
  const { selected } = selection;
  const node = [graph.trigger, ...graph.nodes].find((one) => one.key === selected[0]);
  if (selected.length > 1) {
    return (
      <section className="card panel" aria-label={w.several(selected.length)}>
        <h2>{w.several(selected.length)}</h2>
        <div className="row">
          <button type="button" onClick={() => selection.duplicate(selected)}>
            {w.duplicate}
          </button>
          <button
            type="button"
            className="quiet danger-text"
            onClick={() => selection.remove(selected)}
          >
            {w.remove}
          </button>
        </div>
      </section>
    );
  }
  if (!node) return <p className="card panel muted">{w.chooseStep}</p>;
  return (
    <section
      className="card panel"
      aria-label={w.settings(labelOf(words, node))}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        if (event.target instanceof Element && event.target.closest("dialog")) return;
        document.querySelector<HTMLElement>(".react-flow__node.selected")?.focus();
      }}
    >
      <h2 className="row">
        <Glyph path={iconOf(node.type)} />
        <UserText text={labelOf(words, node)} />
      </h2>
      {panel(node)}
    </section>
  );
}

function PanelActions({ node, selection }: { node: GraphNode; selection: Selection }) {
  const w = useEditorWords();
  return (
    <>
      <button type="button" onClick={() => selection.duplicate([node.key])}>
        {w.duplicate}
      </button>
      <button
        type="button"
        className="quiet danger-text"
        onClick={() => selection.remove([node.key])}
      >
        {w.remove}
      </button>
    </>
  );
}

function TestLine({ run, onEnd }: { run: RunDetail; onEnd: () => void }) {
  const w = useEditorWords();
  const { t } = useGraphWords();
  return (
    <p className="row test-line" role="status">
      <strong>{w.testing}</strong> <StatusBadge status={run.status} />
      {run.error && (
        <span className="error-text">
          <UserText text={run.error.message} />
        </span>
      )}
      <Link href={`/runs/${run.id}`}>{t.common.openRun}</Link>
      <button type="button" className="quiet" onClick={onEnd}>
        {w.endTest}
      </button>
    </p>
  );
}

function countProblems(nodes: GraphNode[], faults: Fault[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const node of nodes) {
    const path = pathOf(node);
    const own = faults.filter((one) => one.path === path || one.path.startsWith(`${path}/`));
    if (own.length > 0) counts[node.key] = own.length;
  }
  return counts;
}

/** Focuses the control of a path, or of what is nearest above it. */
function focusPath(element: HTMLElement | null, path: string): void {
  const controls = [...(element?.querySelectorAll<HTMLElement>("[data-path]") ?? [])];
  for (let at = path; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
    const found = controls.find((control) => control.dataset.path === at);
    if (!found) continue;
    found.closest("details")?.setAttribute("open", "");
    found.focus();
    return;
  }
}

function isTyping(target: EventTarget): boolean {
  return target instanceof Element && target.closest("input, textarea, select, dialog") !== null;
}

/** The step of the outline that has the focus, open or not. */
function rowOf(target: EventTarget): string | undefined {
  return target instanceof HTMLElement ? target.dataset.row : undefined;
}

/** Copy and duplicate: of steps, unless a text is being edited. */
function clipboardKeys(event: KeyboardEvent, selection: Selection): void {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  if (isTyping(event.target)) return;
  const row = rowOf(event.target);
  const isElsewhere = row !== undefined && !selection.selected.includes(row);
  const chosen = (isElsewhere ? [row] : selection.selected).filter((key) => key !== TRIGGER);
  const act: Record<string, () => void> = {
    c: () => selection.copy(chosen),
    d: () => selection.duplicate(chosen),
  };
  const wanted = act[event.key];
  if (!wanted || window.getSelection()?.toString()) return;
  event.preventDefault();
  wanted();
}
