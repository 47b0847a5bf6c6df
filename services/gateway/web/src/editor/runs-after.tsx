/** All edges that lead to a step, as ticks: the way to make and cut them without a pointer. */
import { useState } from "react";
import { downstreamOf, type Graph, type GraphNode, OUT } from "../graph/definition.ts";
import { labelOf } from "../graph/flow-labels.ts";
import { portsOf } from "../graph/node-types.ts";
import { type GraphWords, useGraphWords } from "../graph/words.ts";
import { UserText } from "../ui/text.tsx";
import type { Source } from "./edits.ts";
import { useEditorWords } from "./words.ts";

/** More than these are searched rather than read. */
const SHOWN_MAX = 20;

interface Props {
  graph: Graph;
  node: GraphNode;
  onChange: (sources: Source[]) => void;
}

export function RunsAfter({ graph, node, onChange }: Props) {
  const w = useEditorWords();
  const { w: words } = useGraphWords();
  const chosen = graph.edges.filter((edge) => edge.to === node.key);
  const isChosen = (one: Source) =>
    chosen.some((edge) => edge.from === one.from && edge.port === one.port);
  const [search, setSearch] = useState("");
  const all = possible(graph, node).map((one) => ({ ...one, name: sourceName(words, graph, one) }));
  const shown = all
    .filter((one) => isChosen(one) || one.name.toLowerCase().includes(search.trim().toLowerCase()))
    .sort((one, other) => Number(isChosen(other)) - Number(isChosen(one)))
    .slice(0, SHOWN_MAX);
  return (
    <fieldset className="group runs-after">
      <legend>{w.runsAfter}</legend>
      <p className="help">{w.runsAfterHelp}</p>
      {all.length > SHOWN_MAX && (
        <input
          type="search"
          aria-label={w.search}
          placeholder={w.search}
          value={search}
          onChange={({ target }) => setSearch(target.value)}
        />
      )}
      {(all.length > SHOWN_MAX ? shown : all).map((one) => (
        <label key={`${one.from} ${one.port}`} className="choice">
          <input
            type="checkbox"
            checked={isChosen(one)}
            onChange={({ target }) => {
              const others = chosen.filter(
                (edge) => edge.from !== one.from || edge.port !== one.port,
              );
              const { from, port } = one;
              onChange(target.checked ? [...others, { from, port }] : others);
            }}
          />
          <UserText text={one.name} />
        </label>
      ))}
    </fieldset>
  );
}

/** Every port of every node that does not come after this one, and what is chosen already. */
function possible(graph: Graph, node: GraphNode): Source[] {
  const later = new Set(downstreamOf(graph, node.key)).add(node.key);
  const offered = [graph.trigger, ...graph.nodes]
    .filter((one) => !later.has(one.key))
    .flatMap((one) => portsOf(one.type, one.config).map((port) => ({ from: one.key, port })));
  const chosen = graph.edges
    .filter((edge) => edge.to === node.key)
    .map(({ from, port }) => ({ from, port }));
  const all = [...offered, ...chosen].map((one) => [`${one.from} ${one.port}`, one] as const);
  return [...new Map(all).values()];
}

/** "Large? (true)"; a port that is the only way needs no name. */
export function sourceName(words: GraphWords, graph: Graph, { from, port }: Source): string {
  const node = [graph.trigger, ...graph.nodes].find((one) => one.key === from);
  const name = node ? labelOf(words, node) : from;
  return port === OUT ? name : `${name} (${words.ports[port] ?? port})`;
}
