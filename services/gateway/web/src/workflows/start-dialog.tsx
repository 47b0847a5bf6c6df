/** Asks for a run's input in the way of its trigger, and starts it. The whole input can always be written as JSON. */
import "./start-dialog.css";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useId, useRef, useState } from "react";
import { useLocation } from "wouter";
import { newKey, Problem, post } from "../api/client.ts";
import { workflowQuery } from "../api/queries.ts";
import type { Json, JsonObject, Run, Workflow } from "../api/types.ts";
import { isObject } from "../graph/definition.ts";
import { useFormat, useT } from "../i18n/i18n.tsx";
import { shownZone } from "../i18n/preferences.ts";
import type { Draft } from "../tasks/drafts.ts";
import type { Faults } from "../tasks/form.tsx";
import { faultOf, refusedFaults } from "../tasks/form-values.ts";
import { useAnnouncer } from "../ui/announcer.tsx";
import { withoutHidden } from "../ui/bidi.ts";
import { Dialog } from "../ui/dialog.tsx";
import { errorText, LoadError, Loading } from "../ui/states.tsx";
import { Tabs } from "../ui/tabs.tsx";
import {
  fitsForm,
  fromForm,
  readInput,
  type Shape,
  sampleOf,
  shapeOf,
  toForm,
} from "./run-input.ts";
import { FormInput, JsonInput } from "./run-inputs.tsx";
import { useWorkflowWords } from "./words.ts";

export interface StartProps {
  workflow: Workflow;
  input?: Json | undefined;
  onClose: () => void;
  /** Without it, the run's page is opened. */
  onStarted?: ((runId: string) => void) | undefined;
}

type Way = "form" | "json";

/** Lists have workflows without their definitions, and so without what their triggers ask for. */
export default function StartDialog({ workflow, ...props }: StartProps) {
  const t = useT();
  const isWhole = workflow.definition !== undefined;
  const whole = useQuery({ ...workflowQuery(workflow.id), enabled: !isWhole });
  const found = isWhole ? workflow : whole.data;
  return (
    <Dialog title={t.workflows.runTitle(withoutHidden(workflow.name))} onClose={props.onClose}>
      {found && <StartForm workflow={found} {...props} />}
      {!found && (whole.isError ? <LoadError error={whole.error} /> : <Loading lines={1} />)}
    </Dialog>
  );
}

function StartForm({ workflow, input, onClose, onStarted }: StartProps) {
  const t = useT();
  const w = useWorkflowWords();
  const id = useId();
  const format = useFormat();
  const { send, fault, setFault } = useStart(workflow, onClose, onStarted, (refused) => {
    setFaults(refused);
    const named = Object.entries(refused).map(([name, message]) => `${name}: ${message}`);
    if (way === "json" && named.length > 0) setFault(named.join(" "));
    if (way === "form") focusFirst(refused);
  });
  const shape = shapeOf(workflow);
  const zone = shownZone();
  const [base, setBase] = useState<JsonObject>(() =>
    isObject(input) ? input : sampleOf(workflow),
  );
  const [way, setWay] = useState<Way>(fitsForm(shape, base) ? "form" : "json");
  const [draft, setDraft] = useState<Draft>(() => toForm(shape, base, zone));
  const [text, setText] = useState(() => JSON.stringify(base, null, 2));
  const [faults, setFaults] = useState<Faults>({});
  const form = useRef<HTMLFormElement>(null);

  const take = (given: JsonObject) => {
    setBase(given);
    setDraft(toForm(shape, given, zone));
    setText(JSON.stringify(given, null, 2));
    setFaults({});
    setFault(null);
  };

  const change = (name: string, value: string) => {
    setDraft({ ...draft, [name]: value });
    setFaults(({ [name]: _former, ...others }) => others);
    setFault(null);
  };

  /** The input as it stands, or null after saying what is wrong. */
  const given = (): JsonObject | null => {
    const found = way === "json" ? readInput(text) : fromForm(shape, draft, base, zone);
    if (found === null) setFault(way === "json" ? t.workflows.runInputBad : w.payloadBad);
    return found;
  };

  const show = (next: Way) => {
    const found = given();
    if (found === null) return;
    take(found);
    setWay(next);
  };

  const focusFirst = (wrong: Faults): boolean => {
    const [first] = Object.keys(wrong);
    if (first !== undefined) controlOf(form.current, first)?.focus();
    return first !== undefined;
  };

  const start = (event: FormEvent) => {
    event.preventDefault();
    const wrong = way === "form" ? faultsOf(shape, draft, form.current, { t, format }) : {};
    setFaults(wrong);
    if (focusFirst(wrong)) return;
    const found = given();
    if (found !== null) void send(found);
  };

  const hasForm = shape.kind !== "object" && shape.kind !== "event";
  const asJson = (
    <JsonInput
      id={id}
      text={text}
      fault={fault}
      shape={shape}
      onChange={(next) => {
        setText(next);
        setFault(null);
      }}
    />
  );
  return (
    <form ref={form} noValidate onSubmit={start}>
      {!hasForm && asJson}
      {hasForm && (
        <Tabs
          label={w.inputOf}
          shown={way}
          onShow={show}
          tabs={[
            { key: "form", name: w.form },
            { key: "json", name: w.json },
          ]}
        >
          {way === "json" ? (
            asJson
          ) : (
            <FormInput
              workflow={workflow}
              shape={shape}
              values={draft}
              faults={faults}
              fault={fault}
              onChange={change}
              onTake={take}
            />
          )}
        </Tabs>
      )}
      <div className="dialog-actions">
        <button type="button" onClick={onClose}>
          {t.common.cancel}
        </button>
        <button type="submit" className="primary">
          {t.workflows.runStart}
        </button>
      </div>
    </form>
  );
}

type Words = Parameters<typeof faultOf>[3];

function faultsOf(shape: Shape, draft: Draft, form: HTMLFormElement | null, words: Words): Faults {
  if (shape.kind !== "fields") return {};
  const found = shape.fields.map((field) => {
    const unreadable = controlOf(form, field.name)?.validity.badInput ?? false;
    return [field.name, faultOf(field, draft[field.name] ?? "", unreadable, words)] as const;
  });
  return Object.fromEntries(found.filter((pair): pair is [string, string] => pair[1] !== null));
}

function controlOf(form: HTMLFormElement | null, name: string) {
  const control = form?.elements.namedItem(name);
  const isText = control instanceof HTMLInputElement || control instanceof HTMLTextAreaElement;
  return isText ? control : null;
}

function useStart(
  workflow: Workflow,
  onClose: () => void,
  onStarted: StartProps["onStarted"],
  onInvalid: (faults: Faults) => void,
) {
  const t = useT();
  const [, navigate] = useLocation();
  const { receipt } = useAnnouncer();
  const [fault, setFault] = useState<string | null>(null);
  const busy = useRef(false);
  const key = useRef({ text: "", key: "" });

  const send = async (input: JsonObject): Promise<void> => {
    if (busy.current) return;
    busy.current = true;
    const text = JSON.stringify(input);
    if (key.current.text !== text) key.current = { text, key: newKey() };
    try {
      const path = `/workflows/${encodeURIComponent(workflow.id)}/runs`;
      const options = { idempotencyKey: key.current.key };
      const run = await post<Pick<Run, "id" | "status">>(path, { input }, options);
      onClose();
      if (onStarted) return onStarted(run.id);
      receipt(run.status === "Queued" ? t.workflows.runQueued : t.workflows.runStarted);
      navigate(`/runs/${run.id}`);
    } catch (error) {
      setFault(errorText(t, error));
      if (error instanceof Problem) onInvalid(refusedFaults(error));
    } finally {
      busy.current = false;
    }
  };
  return { send, fault, setFault };
}
