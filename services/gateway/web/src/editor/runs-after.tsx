/** All edges that lead to a step, as ticks: the way to make and cut them without a pointer. */
import { type Graph, type GraphNode, OUT, upstreamOf } from "../graph/definition.ts";
import { labelOf } from "../graph/flow-elements.ts";
import { portsOf } from "../graph/node-types.ts";
import { type GraphWords, useGraphWords } from "../graph/words.ts";
import { UserText } from "../ui/text.tsx";
import type { Source } from "./edits.ts";
import { useEditorWords } from "./words.ts";

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
  return (
    <fieldset className="group runs-after">
      <legend>{w.runsAfter}</legend>
      <p className="help">{w.runsAfterHelp}</p>
      {possible(graph, node).map((one) => (
        <label key={`${one.from} ${one.port}`} className="choice">
          <input
            type="checkbox"
            checked={isChosen(one)}
            onChange={({ target }) => {
              const others = chosen.filter(
                (edge) => edge.from !== one.from || edge.port !== one.port,
              );
              onChange(target.checked ? [...others, one] : others);
            }}
          />
          <UserText text={sourceName(words, graph, one)} />
        </label>
      ))}
    </fieldset>
  );
}

/** Every port of every node that does not come after this one, and what is chosen already. */
function possible(graph: Graph, node: GraphNode): Source[] {
  const offered = [graph.trigger, ...graph.nodes]
    .filter((one) => one.key !== node.key && !upstreamOf(graph, one.key).includes(node.key))
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
