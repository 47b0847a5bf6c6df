/** Two versions of a workflow, or a version and what is not saved yet, side by side in words or line by line. */
import "./compare.css";
import { useQuery } from "@tanstack/react-query";
import { useId, useMemo, useState } from "react";
import { versionsQuery } from "../api/queries.ts";
import type { Workflow } from "../api/types.ts";
import { readGraph } from "../graph/definition.ts";
import { useGraphWords } from "../graph/words.ts";
import { LoadError, Loading } from "../ui/states.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { Changes, namesOf } from "./changes.tsx";
import { compare } from "./compare.ts";
import { type Contents, contentsQuery } from "./contents.ts";
import { DRAFT } from "./editor-draft.ts";
import { LineDiff } from "./line-diff.tsx";
import { RestoreButton } from "./restore.tsx";
import { useWorkflowWords } from "./words.ts";

type Shown = "changes" | "yaml" | "json";

interface Props {
  workflow: Workflow;
  hasDraft: boolean;
  from: string;
  to: string;
  onChoose: (from: string, to: string) => void;
  onBack: () => void;
  onRestored: (workflow: Workflow) => void;
}

export function CompareView({ workflow, hasDraft, from, to, onChoose, onBack, onRestored }: Props) {
  const w = useWorkflowWords();
  const [shown, setShown] = useState<Shown>("changes");
  const before = useQuery(contentsQuery(workflow.id, from));
  const after = useQuery(contentsQuery(workflow.id, to));
  const error = before.error ?? after.error;
  const isOld = from !== DRAFT && Number(from) !== workflow.version;
  return (
    <section className="stack" aria-labelledby="compare-title">
      <h2 id="compare-title">{w.compareTitle}</h2>
      <div className="filters">
        <Choice
          workflow={workflow}
          hasDraft={hasDraft}
          label={w.from}
          value={from}
          onChoose={(one) => onChoose(one, to)}
        />
        <Choice
          workflow={workflow}
          hasDraft={hasDraft}
          label={w.to}
          value={to}
          onChoose={(one) => onChoose(from, one)}
        />
        {isOld && before.data && (
          <RestoreButton
            workflow={workflow}
            version={Number(from)}
            contents={before.data}
            hasDraft={hasDraft}
            onRestored={onRestored}
          />
        )}
        <button type="button" onClick={onBack}>
          {w.backToEditor}
        </button>
      </div>
      {error && <LoadError error={error} />}
      {!error && !(before.data && after.data) && <Loading lines={3} />}
      {before.data && after.data && (
        <Tabs
          label={w.compareTitle}
          shown={shown}
          onShow={setShown}
          tabs={[
            { key: "changes", name: w.changesTab },
            { key: "yaml", name: "YAML" },
            { key: "json", name: "JSON" },
          ]}
        >
          <Compared before={before.data} after={after.data} shown={shown} />
        </Tabs>
      )}
    </section>
  );
}

function Compared({ before, after, shown }: { before: Contents; after: Contents; shown: Shown }) {
  const w = useWorkflowWords();
  const { w: graph } = useGraphWords();
  const found = useMemo(() => comparison(before, after), [before, after]);
  if (shown === "json") return <LineDiff before={before.json} after={after.json} label="JSON" />;
  if (shown === "yaml") {
    const areSources = before.source !== null && after.source !== null;
    const [old, now] = [before, after].map((one) => (areSources ? one.source : one.yaml) ?? "");
    return <LineDiff before={old ?? ""} after={now ?? ""} label="YAML" />;
  }
  if (!found) return <p className="muted">{w.noDefinition}</p>;
  return <Changes comparison={found.differences} nameOf={namesOf(graph.trigger, ...found.nodes)} />;
}

function comparison(before: Contents, after: Contents) {
  if (!before.definition || !after.definition) return null;
  return {
    differences: compare(
      { ...before, definition: before.definition },
      { ...after, definition: after.definition },
    ),
    nodes: [readGraph(before.definition).nodes, readGraph(after.definition).nodes],
  };
}

interface ChoiceProps {
  workflow: Workflow;
  hasDraft: boolean;
  label: string;
  value: string;
  onChoose: (which: string) => void;
}

function Choice({ workflow, hasDraft, label, value, onChoose }: ChoiceProps) {
  const w = useWorkflowWords();
  const id = useId();
  const versions = useQuery(versionsQuery(workflow.id));
  const known = versions.data?.items.map((each) => String(each.version)) ?? [];
  // One that is older than the list is there all the same while it is chosen.
  const numbers = known.includes(value) || value === DRAFT ? known : [...known, value];
  return (
    <label htmlFor={id}>
      <span>{label}</span>
      <select id={id} value={value} onChange={(event) => onChoose(event.target.value)}>
        {(hasDraft || value === DRAFT) && <option value={DRAFT}>{w.unsavedChanges}</option>}
        {numbers.map((each) => (
          <option key={each} value={each}>
            {w.version(Number(each))}
          </option>
        ))}
      </select>
    </label>
  );
}
