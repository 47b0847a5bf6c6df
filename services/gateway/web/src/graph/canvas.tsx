/** The canvas: a graph that can be looked at, moved about in and chosen from; and, where it is edited, changed. */
import {
  type Connection,
  type EdgeChange,
  MarkerType,
  MiniMap,
  type NodeChange,
  Panel,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from "@xyflow/react";
import { type DragEvent, type KeyboardEvent, useEffect, useMemo, useState } from "react";
import "@xyflow/react/dist/base.css";
import "./graph.css";
import { Glyph } from "../ui/glyph.tsx";
import { type Graph, type GraphEdge, OUT } from "./definition.ts";
import { flowEdges, flowNodes, type Look } from "./flow-elements.ts";
import { layoutGraph, type Positions } from "./layout.ts";
import { DRAGGED_TYPE } from "./node-types.ts";
import type { RunStates } from "./run-state.ts";
import { StepNode, type StepNodeType } from "./step-node.tsx";
import { type GraphWords, useGraphWords } from "./words.ts";

const NODE_TYPES = { step: StepNode };
const ARROW = {
  type: MarkerType.ArrowClosed,
  width: 20,
  height: 20,
  markerUnits: "userSpaceOnUse",
};
const EDGE_DEFAULTS = { markerEnd: ARROW };
const FIT = { maxZoom: 1, padding: 0.12 };
/** From here on a map of the whole helps more than it covers. */
const MAP_NODES_MIN = 12;
const MAP_SIZE = { width: 132, height: 88 };
const NO_PROBLEMS = {};

export interface Editing {
  connect: (edge: GraphEdge) => void;
  removeNodes: (keys: string[]) => void;
  removeEdges: (ids: string[]) => void;
  /** Goes to the settings of what is chosen. */
  enter: () => void;
  /** Something was dropped on the canvas; `before` is the node that it was dropped on, if any. */
  drop: (type: string, on: string | null) => void;
}

interface Props {
  graph: Graph;
  selected: readonly string[];
  onSelect: (keys: string[]) => void;
  states?: RunStates | null;
  problems?: Readonly<Record<string, number>>;
  editing?: Editing;
  /** Counts how often a tidy layout was asked for. */
  tidied?: number;
}

export function Canvas(props: Props) {
  return (
    <ReactFlowProvider>
      <Flow {...props} />
    </ReactFlowProvider>
  );
}

function Flow({ graph, selected, onSelect, states, problems, editing, tidied = 0 }: Props) {
  const { w, t } = useGraphWords();
  const flow = useReactFlow();
  const [moved, setMoved] = useState<Positions>({});
  const [chosenEdges, chooseEdges] = useState<string[]>([]);
  const shape = shapeOf(graph);
  // biome-ignore lint/correctness/useExhaustiveDependencies: names and settings do not move a node
  const computed = useMemo(() => layoutGraph(graph), [shape]);
  const look: Look = { w, t, selected, states: states ?? null, problems: problems ?? NO_PROBLEMS };
  const nodes = flowNodes(graph, { ...computed, ...moved }, look);
  const edges = flowEdges(graph, chosenEdges, look);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another shape or a tidying is a new layout
  useEffect(() => {
    setMoved({});
    const frame = requestAnimationFrame(() => void flow.fitView(FIT));
    return () => cancelAnimationFrame(frame);
  }, [shape, tidied, flow]);

  const nodesChanged = (changes: NodeChange<StepNodeType>[]) => {
    const next = new Set(selected);
    for (const change of changes) {
      if (change.type === "select" && change.selected) next.add(change.id);
      if (change.type === "select" && !change.selected) next.delete(change.id);
      if (change.type === "position" && change.position && editing) {
        const { id, position } = change;
        setMoved((old) => ({ ...old, [id]: position }));
      }
    }
    if (changes.some((change) => change.type === "select")) onSelect([...next]);
  };

  const edgesChanged = (changes: EdgeChange[]) => {
    if (!changes.some((change) => change.type === "select")) return;
    chooseEdges((old) => {
      const next = new Set(old);
      for (const change of changes) {
        if (change.type === "select" && change.selected) next.add(change.id);
        if (change.type === "select" && !change.selected) next.delete(change.id);
      }
      return [...next];
    });
  };

  const connected = ({ source, sourceHandle, target }: Connection) =>
    editing?.connect({ from: source, port: sourceHandle ?? OUT, to: target });

  const keyed = (event: KeyboardEvent) => {
    const zoom = { "+": flow.zoomIn, "-": flow.zoomOut, "0": () => flow.fitView(FIT) }[event.key];
    if (zoom && !event.ctrlKey && !event.metaKey) void zoom();
    const on = event.target instanceof Element ? event.target.getAttribute("data-step") : null;
    if (editing && event.key === "Enter" && on !== null && selected.includes(on)) editing.enter();
    if (!editing || (event.key !== "Delete" && event.key !== "Backspace")) return;
    event.preventDefault();
    if (selected.length > 0) editing.removeNodes([...selected]);
    else if (chosenEdges.length > 0) editing.removeEdges(chosenEdges);
  };

  return (
    <section
      className={`canvas ${editing ? "editing" : ""}`}
      aria-label={w.graph}
      onKeyDown={keyed}
      {...(editing && droppable(editing))}
    >
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        defaultEdgeOptions={EDGE_DEFAULTS}
        defaultMarkerColor={null}
        onNodesChange={nodesChanged}
        onEdgesChange={edgesChanged}
        onConnect={connected}
        nodesDraggable={editing !== undefined}
        nodesConnectable={editing !== undefined}
        edgesFocusable={editing !== undefined}
        nodeDragThreshold={4}
        deleteKeyCode={null}
        onlyRenderVisibleElements={nodes.length > 100}
        fitView
        fitViewOptions={FIT}
        minZoom={0.1}
        maxZoom={2}
        preventScrolling={editing !== undefined}
        zoomOnDoubleClick={false}
        zoomOnScroll={editing !== undefined}
        ariaLabelConfig={ariaLabels(w, editing !== undefined)}
        attributionPosition="bottom-right"
      >
        {nodes.length >= MAP_NODES_MIN && (
          <MiniMap pannable zoomable position="top-right" style={MAP_SIZE} />
        )}
        <ZoomButtons w={w} />
      </ReactFlow>
    </section>
  );
}

function ZoomButtons({ w }: { w: GraphWords }) {
  const flow = useReactFlow();
  const buttons = [
    [w.zoomIn, "M10 4v12M4 10h12", () => flow.zoomIn()],
    [w.zoomOut, "M4 10h12", () => flow.zoomOut()],
    [w.fit, "M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4", () => flow.fitView(FIT)],
  ] as const;
  return (
    <Panel position="bottom-left" className="zoom">
      {buttons.map(([label, path, act]) => (
        <button
          key={label}
          type="button"
          className="icon-only"
          aria-label={label}
          title={label}
          onClick={() => void act()}
        >
          <Glyph path={path} />
        </button>
      ))}
    </Panel>
  );
}

/** What a layout depends on: the nodes, their ports' order, the edges. */
function shapeOf(graph: Graph): string {
  return JSON.stringify([graph.nodes.map((node) => node.key), graph.edges]);
}

function droppable(editing: Editing) {
  const carries = (event: DragEvent) => event.dataTransfer.types.includes(DRAGGED_TYPE);
  return {
    onDragOver: (event: DragEvent) => {
      if (!carries(event)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
    },
    onDrop: (event: DragEvent) => {
      const type = event.dataTransfer.getData(DRAGGED_TYPE);
      if (!type) return;
      event.preventDefault();
      const under = event.target instanceof Element ? event.target.closest("[data-step]") : null;
      editing.drop(type, under?.getAttribute("data-step") ?? null);
    },
  };
}

function ariaLabels(w: GraphWords, editing: boolean) {
  return {
    "node.a11yDescription.default": editing ? w.selectEdit : w.select,
    "node.a11yDescription.keyboardDisabled": w.select,
    "node.a11yDescription.ariaLiveMessage": ({ x, y }: { x: number; y: number }) =>
      w.moved(Math.round(x), Math.round(y)),
    "edge.a11yDescription.default": w.selectEdge,
    "handle.ariaLabel": w.handle,
    "minimap.ariaLabel": w.graph,
  };
}
