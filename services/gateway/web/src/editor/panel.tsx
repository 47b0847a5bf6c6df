/** Everything that can be set about one step, or about the trigger; the form is made of the published schema. */
import { type ReactNode, useState } from "react";
import type { Fault, Json, JsonObject, Step } from "../api/types.ts";
import { type Graph, type GraphNode, isObject, TRIGGER } from "../graph/definition.ts";
import { labelOf } from "../graph/flow-labels.ts";
import { useGraphWords } from "../graph/words.ts";
import { Plain } from "../ui/text.tsx";
import { Panels } from "./context.ts";
import { Members } from "./controls.tsx";
import { isFreeKey, renameKey, type Source, setMember, setRunsAfter, withMember } from "./edits.ts";
import { FieldFrame } from "./field-frame.tsx";
import { GroupFrame } from "./group-frame.tsx";
import { MapField } from "./map-field.tsx";
import { RunsAfter } from "./runs-after.tsx";
import type { Schema } from "./schema.ts";
import { TestedStep } from "./tested-step.tsx";
import { TextField } from "./text-field.tsx";
import { showText } from "./values.ts";
import { variablesAt } from "./variables.ts";
import { useEditorWords } from "./words.ts";

export interface PanelProps {
  schema: Schema;
  definition: JsonObject;
  graph: Graph;
  node: GraphNode;
  faults: Fault[];
  /** What each node put out in the last run. */
  outputs: JsonObject;
  /** This step as the test went, once there is one. */
  tested: Step | null | undefined;
  onChange: (definition: JsonObject, tag: string) => void;
  onRenamed: (key: string) => void;
  actions: ReactNode;
}

export function pathOf(node: GraphNode): string {
  return node.key === TRIGGER ? "/trigger" : `/nodes/${node.index}`;
}

export function Panel(props: PanelProps) {
  const { schema, definition, graph, node, faults, outputs, tested, onChange } = props;
  const w = useEditorWords();
  const { w: words } = useGraphWords();
  const path = pathOf(node);
  const own = faults.filter((fault) => isOfNoField(schema, node, fault));
  const set = (name: string, value: Json | undefined) =>
    onChange(setMember(definition, node.key, name, value), `${node.key} ${name}`);
  const context = {
    faults,
    variables: variablesAt(graph, node.key, outputs),
    previewed: Object.keys(outputs).length > 0,
  };
  return (
    <Panels value={context}>
      <div className="panel-fields">
        {own.map((fault) => (
          <p key={`${fault.path} ${fault.code}`} className="fault">
            <Plain text={fault.message} />
          </p>
        ))}
        {node.key === TRIGGER ? (
          <TriggerType
            {...props}
            path={path}
            onType={(type) => onChange(retyped(definition, type), "")}
          />
        ) : (
          <Identity {...props} path={path} onName={(name) => set("name", name || undefined)} />
        )}
        <Config {...props} path={path} onConfig={(config) => set("config", config)} />
        {node.key === TRIGGER ? (
          <WorkflowLimits {...props} />
        ) : (
          <>
            <RunsAfter
              graph={graph}
              node={node}
              onChange={(sources: Source[]) =>
                onChange(setRunsAfter(definition, node.key, sources), "")
              }
            />
            <Limits {...props} path={path} onSet={set} />
            <div className="row">{props.actions}</div>
          </>
        )}
        {tested !== undefined && (
          <section className="tested" aria-label={`${w.lastRun}: ${labelOf(words, node)}`}>
            <h3>{w.lastRun}</h3>
            {tested ? <TestedStep step={tested} /> : <p className="muted">{w.notReached}</p>}
          </section>
        )}
      </div>
    </Panels>
  );
}

/** Of the step as a whole, or of something in its configuration that it should not have. */
function isOfNoField(schema: Schema, node: GraphNode, { path }: Fault): boolean {
  const [own, config] = [pathOf(node), `${pathOf(node)}/config`];
  if ([own, config, `${own}/type`].includes(path)) return true;
  const info = infoOf(schema, node);
  const name = path.startsWith(`${config}/`) ? path.slice(config.length + 1).split("/")[0] : null;
  return name !== null && info?.open === false && !info.fields.some((one) => one.name === name);
}

function infoOf(schema: Schema, node: GraphNode) {
  return [...schema.nodes, ...schema.triggers].find((one) => one.type === node.type);
}

/** Another type has other settings. */
function retyped(definition: JsonObject, type: string): JsonObject {
  return { ...definition, trigger: { type, config: {} } };
}

interface PartProps extends PanelProps {
  path: string;
}

function TriggerType({
  schema,
  node,
  path,
  onType,
}: PartProps & { onType: (type: string) => void }) {
  const w = useEditorWords();
  const { w: words } = useGraphWords();
  const types = schema.triggers.map((one) => one.type);
  const known = types.includes(node.type) ? types : [node.type, ...types];
  return (
    <FieldFrame
      label={w.type}
      path={`${path}/type`}
      help={schema.triggers.find((one) => one.type === node.type)?.help ?? ""}
    >
      {(described) => (
        <select {...described} value={node.type} onChange={({ target }) => onType(target.value)}>
          {known.map((type) => (
            <option key={type} value={type}>
              {words.types[type] ?? type}
            </option>
          ))}
        </select>
      )}
    </FieldFrame>
  );
}

function Identity(props: PartProps & { onName: (name: string) => void }) {
  const { schema, definition, node, path, onName } = props;
  const w = useEditorWords();
  const { w: words } = useGraphWords();
  const help = schema.nodes.find((one) => one.type === node.type)?.help;
  return (
    <>
      <p className="muted small">
        <strong>{words.types[node.type] ?? node.type}.</strong> <span>{help}</span>
      </p>
      <TextField
        plain
        label={w.name}
        path={`${path}/name`}
        value={nameIn(definition, node)}
        onChange={onName}
      />
      <KeyField {...props} />
    </>
  );
}

function nameIn(definition: JsonObject, node: GraphNode): string {
  const nodes = Array.isArray(definition.nodes) ? definition.nodes : [];
  const written = nodes[node.index];
  return isObject(written) ? showText(written.name) : "";
}

/** A key is named elsewhere, so it changes as a whole: when the field is left, or with Enter. */
function KeyField({ definition, node, path, onChange, onRenamed }: PartProps) {
  const w = useEditorWords();
  const [entry, setEntry] = useState({ of: node.key, typed: node.key });
  const typed = entry.of === node.key ? entry.typed : node.key;
  const changed = typed !== node.key;
  const good = !changed || isFreeKey(definition, typed);
  const commit = () => {
    if (!changed || !good) return;
    onChange(renameKey(definition, node.key, typed), "");
    onRenamed(typed);
  };
  return (
    <FieldFrame
      label={w.key}
      path={`${path}/key`}
      help={w.keyHelp}
      fault={good ? null : w.keyTaken}
    >
      {(described) => (
        <input
          {...described}
          type="text"
          className="mono"
          autoComplete="off"
          spellCheck={false}
          value={typed}
          onChange={({ target }) => setEntry({ of: node.key, typed: target.value })}
          onBlur={commit}
          onKeyDown={(event) => {
            if (event.key === "Enter") commit();
          }}
        />
      )}
    </FieldFrame>
  );
}

function Config(props: PartProps & { onConfig: (config: JsonObject) => void }) {
  const { schema, node, path, onConfig } = props;
  const { w: words } = useGraphWords();
  const info = infoOf(schema, node);
  if (!info || info.open) {
    return (
      <MapField
        free
        label={words.types[node.type] ?? node.type}
        path={`${path}/config`}
        value={node.config}
        onChange={(config) => onConfig(config ?? {})}
      />
    );
  }
  return (
    <Members fields={info.fields} path={`${path}/config`} value={node.config} onChange={onConfig} />
  );
}

/** They have no node of their own; the trigger stands for the whole. */
function WorkflowLimits({ schema, definition, faults, onChange }: PanelProps) {
  const w = useEditorWords();
  const faulty = faults.some((fault) => fault.path.startsWith("/settings"));
  return (
    <details open={faulty || undefined}>
      <summary>{w.limits}</summary>
      <Members
        fields={schema.settings}
        path="/settings"
        value={isObject(definition.settings) ? definition.settings : {}}
        onChange={(next) => {
          const settings = Object.keys(next).length === 0 ? undefined : next;
          onChange(withMember(definition, "settings", settings), "settings");
        }}
      />
    </details>
  );
}

interface LimitsProps extends PartProps {
  onSet: (name: string, value: Json | undefined) => void;
}

function Limits({ schema, definition, node, path, faults, onSet }: LimitsProps) {
  const w = useEditorWords();
  const nodes = Array.isArray(definition.nodes) ? definition.nodes : [];
  const written = nodes[node.index];
  const raw = isObject(written) ? written : {};
  const retry = isObject(raw.retry) ? raw.retry : {};
  const faulty = faults.some(
    (fault) => fault.path.startsWith(`${path}/retry`) || fault.path === `${path}/time_limit`,
  );
  return (
    <details open={faulty || undefined}>
      <summary>{w.advanced}</summary>
      <TextField
        plain
        label={w.timeLimit}
        path={`${path}/time_limit`}
        help={schema.timeLimitHelp}
        value={showText(raw.time_limit)}
        onChange={(text) => onSet("time_limit", text === "" ? undefined : text)}
      />
      <GroupFrame label={w.retry} path={`${path}/retry`}>
        <Members
          fields={schema.retry}
          path={`${path}/retry`}
          value={retry}
          onChange={(next) => onSet("retry", Object.keys(next).length === 0 ? undefined : next)}
        />
      </GroupFrame>
    </details>
  );
}
