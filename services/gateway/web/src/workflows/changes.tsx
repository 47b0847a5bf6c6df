/** What two versions differ in, in words: each step with the members that changed, each as it was and as it is. */
import type { ReactNode } from "react";
import type { Json } from "../api/types.ts";
import { labelOf, useEditorWords } from "../editor/words.ts";
import { type GraphEdge, TRIGGER } from "../graph/definition.ts";
import { useGraphWords } from "../graph/words.ts";
import { Plain, UserText } from "../ui/text.tsx";
import { type Change, type Comparison, isSame, type NodeChange, ORDER } from "./compare.ts";
import { LineDiff } from "./line-diff.tsx";
import { useWorkflowWords } from "./words.ts";

/** Longer texts are compared line by line. */
const SHORT_MAX = 120;
const TONES = { added: "tone-ok", removed: "tone-danger", changed: "tone-info" };

interface Props {
  comparison: Comparison;
  /** What a step is called, by its key. */
  nameOf: (key: string) => string;
}

export function Changes({ comparison, nameOf }: Props) {
  const w = useWorkflowWords();
  const { about, trigger, nodes, edgesAdded, edgesRemoved, settings } = comparison;
  if (isSame(comparison)) return <p className="muted">{w.same}</p>;
  return (
    <>
      <p role="status">{w.summary(nodes.length, edgesAdded.length + edgesRemoved.length)}</p>
      <Part title={w.about} changes={about} />
      <Part title={w.trigger} changes={trigger} />
      {nodes.length > 0 && (
        <section className="stack">
          <h3>{w.steps}</h3>
          {nodes.map((node) => (
            <Step key={`${node.kind} ${node.key}`} node={node} />
          ))}
        </section>
      )}
      {edgesAdded.length + edgesRemoved.length > 0 && (
        <section className="stack">
          <h3>{w.edges}</h3>
          <ul className="plain lines">
            <Edges edges={edgesRemoved} kind="removed" nameOf={nameOf} />
            <Edges edges={edgesAdded} kind="added" nameOf={nameOf} />
          </ul>
        </section>
      )}
      <Part title={w.settings} changes={settings} />
    </>
  );
}

function Part({ title, changes }: { title: string; changes: Change[] }) {
  if (changes.length === 0) return null;
  return (
    <section className="stack">
      <h3>{title}</h3>
      <ChangeList changes={changes} />
    </section>
  );
}

function Kind({ kind }: { kind: NodeChange["kind"] }) {
  const w = useWorkflowWords();
  return <span className={`badge ${TONES[kind]}`}>{w.kinds[kind]}</span>;
}

function Step({ node }: { node: NodeChange }) {
  const { w } = useGraphWords();
  return (
    <article className="card stack" data-change={`${node.kind} ${node.key}`}>
      <h4 className="row">
        <Kind kind={node.kind} />
        <UserText text={node.name} />
        <span className="muted small">
          {w.types[node.type] ?? node.type} · <code>{node.key}</code>
        </span>
      </h4>
      <ChangeList changes={node.changes} isNew={node.kind === "added"} />
    </article>
  );
}

interface EdgesProps {
  edges: GraphEdge[];
  kind: "added" | "removed";
  nameOf: (key: string) => string;
}

function Edges({ edges, kind, nameOf }: EdgesProps): ReactNode {
  const w = useWorkflowWords();
  return edges.map((edge) => (
    <li key={`${edge.from} ${edge.port} ${edge.to}`} data-change={`${kind} edge`}>
      <Kind kind={kind} />
      <UserText text={w.edge(nameOf(edge.from), edge.port, nameOf(edge.to))} />
    </li>
  ));
}

function ChangeList({ changes, isNew = false }: { changes: Change[]; isNew?: boolean }) {
  if (changes.length === 0) return null;
  return (
    <dl className="changes">
      {changes.map((change) => (
        <OneChange key={change.path.join("/")} change={change} isNew={isNew} />
      ))}
    </dl>
  );
}

function OneChange({ change, isNew }: { change: Change; isNew: boolean }) {
  const place = usePlace(change.path);
  const before = shownOf(change.before);
  const after = shownOf(change.after);
  const isLong = [before, after].some(
    (text) => text?.includes("\n") || (text?.length ?? 0) > SHORT_MAX,
  );
  return (
    <div data-path={change.path.filter((part) => part !== ORDER).join(".")}>
      <dt>{place}</dt>
      <dd>
        {isLong ? (
          <LineDiff before={before ?? ""} after={after ?? ""} label={place} />
        ) : (
          <Short before={before} after={after} isNew={isNew} />
        )}
      </dd>
    </div>
  );
}

function Short({
  before,
  after,
  isNew,
}: {
  before: string | null;
  after: string | null;
  isNew: boolean;
}) {
  const w = useWorkflowWords();
  return (
    <>
      {!isNew && (
        <>
          <span className="visually-hidden">{w.was} </span>
          {before === null ? (
            <span className="muted">{w.nothing}</span>
          ) : (
            <Value as="del" text={before} />
          )}
          <span aria-hidden="true"> → </span>
          <span className="visually-hidden"> {w.is} </span>
        </>
      )}
      {after === null ? (
        <span className="muted">{w.nothing}</span>
      ) : (
        <Value as="ins" text={after} />
      )}
    </>
  );
}

function Value({ as: Element, text }: { as: "del" | "ins"; text: string }) {
  return (
    <Element dir="auto">
      <Plain text={text} />
    </Element>
  );
}

/** Texts as they are, all else as JSON; null where there is nothing. */
function shownOf(value: Json | undefined): string | null {
  if (value === undefined || value === null || value === "") return null;
  if (typeof value === "string") return value;
  const line = JSON.stringify(value);
  return line.length > SHORT_MAX ? JSON.stringify(value, null, 2) : line;
}

function usePlace(path: string[]): string {
  const editor = useEditorWords();
  const w = useWorkflowWords();
  const parts = path.filter((part, index) => part !== "config" || index > 0);
  return parts.map((part) => (part === ORDER ? w.order : labelOf(editor, part))).join(" › ");
}

/** What steps are called in either version. */
export function namesOf(trigger: string, ...graphs: { key: string; name: string }[][]) {
  const names = new Map(graphs.flat().map(({ key, name }) => [key, name]));
  return (key: string) => (key === TRIGGER ? trigger : (names.get(key) ?? key));
}
