/** The graph of a run's workflow, coloured by what has happened so far; choosing a node chooses its latest step. */
import { useMemo } from "react";
import type { RunDetail } from "../api/types.ts";
import { isEnded } from "../live/apply.ts";
import { Canvas } from "./canvas.tsx";
import { readGraph } from "./definition.ts";
import { statesOf } from "./run-state.ts";

interface Props {
  run: RunDetail;
  selected: string | null;
  onSelect: (node: string) => void;
}

export default function RunGraph({ run, selected, onSelect }: Props) {
  const graph = useMemo(() => readGraph(run.definition ?? {}), [run.definition]);
  const states = statesOf(graph, run.trace, isEnded(run.status));
  return (
    <Canvas
      graph={graph}
      states={states}
      selected={selected === null ? [] : [selected]}
      onSelect={(keys) => {
        const chosen = keys.find((key) => key !== selected);
        if (chosen !== undefined) onSelect(chosen);
      }}
    />
  );
}
