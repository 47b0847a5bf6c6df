/** The two ways of writing a run's input: the form that its trigger asks for, and JSON. */
import { useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { deliveriesQuery, deliveryQuery } from "../api/queries.ts";
import type { JsonObject, Workflow } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import type { Draft } from "../tasks/drafts.ts";
import { type Faults, Fields } from "../tasks/form.tsx";
import { errorText } from "../ui/states.tsx";
import { ofDelivery, type Shape } from "./run-input.ts";
import { useWorkflowWords } from "./words.ts";

interface JsonProps {
  id: string;
  text: string;
  fault: string | null;
  shape: Shape;
  onChange: (text: string) => void;
}

export function JsonInput({ id, text, fault, shape, onChange }: JsonProps) {
  const t = useT();
  const w = useWorkflowWords();
  const hint = shape.kind === "webhook" ? w.webhookHint : null;
  const said = shape.kind === "event" ? w.eventHint(shape.event) : hint;
  const described = [said && `${id}-hint`, fault && `${id}-fault`].filter(Boolean).join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>{t.workflows.runInput}</label>
      <textarea
        id={id}
        className="mono tall"
        rows={8}
        spellCheck={false}
        value={text}
        aria-invalid={fault !== null || undefined}
        aria-describedby={described || undefined}
        onChange={(event) => onChange(event.target.value)}
      />
      {said && (
        <p id={`${id}-hint`} className="help">
          {said}
        </p>
      )}
      <Fault id={id} fault={fault} />
    </div>
  );
}

function Fault({ id, fault }: { id: string; fault: string | null }) {
  if (fault === null) return null;
  return (
    <p id={`${id}-fault`} className="fault" role="alert">
      {fault}
    </p>
  );
}

interface FormProps {
  workflow: Workflow;
  shape: Shape;
  values: Draft;
  faults: Faults;
  fault: string | null;
  onChange: (name: string, value: string) => void;
  onTake: (input: JsonObject) => void;
}

export function FormInput({ workflow, shape, values, faults, fault, onChange, onTake }: FormProps) {
  const id = useId();
  if (shape.kind === "fields") {
    return (
      <>
        <Fields
          fields={shape.fields}
          values={values}
          faults={faults}
          readOnly={false}
          onChange={onChange}
        />
        <Fault id={id} fault={fault} />
      </>
    );
  }
  if (shape.kind === "schedule") {
    return (
      <>
        <ScheduledAt value={values.scheduled_at ?? ""} onChange={onChange} />
        <Fault id={id} fault={fault} />
      </>
    );
  }
  return (
    <Payload
      workflow={workflow}
      value={values.payload ?? ""}
      fault={fault}
      onChange={onChange}
      onTake={onTake}
    />
  );
}

interface ValueProps {
  value: string;
  onChange: (name: string, value: string) => void;
}

function ScheduledAt({ value, onChange }: ValueProps) {
  const w = useWorkflowWords();
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{w.scheduledAt}</label>
      <input
        id={id}
        type="datetime-local"
        step={1}
        value={value}
        aria-describedby={`${id}-help`}
        onChange={(event) => onChange("scheduled_at", event.target.value)}
      />
      <p id={`${id}-help`} className="help">
        {w.scheduledHint}
      </p>
    </div>
  );
}

interface PayloadProps extends ValueProps {
  workflow: Workflow;
  fault: string | null;
  onTake: (input: JsonObject) => void;
}

function Payload({ workflow, value, fault, onChange, onTake }: PayloadProps) {
  const t = useT();
  const w = useWorkflowWords();
  const id = useId();
  const queries = useQueryClient();
  const [missing, setMissing] = useState<string | null>(null);

  const takeLast = async () => {
    try {
      const { items } = await queries.fetchQuery({ ...deliveriesQuery(workflow.id), staleTime: 0 });
      const last = items.find((one) => one.verdict !== "refused") ?? items[0];
      if (!last) return setMissing(t.webhook.none);
      setMissing(null);
      onTake(ofDelivery(await queries.fetchQuery(deliveryQuery(workflow.id, last.id))));
    } catch (error) {
      setMissing(errorText(t, error));
    }
  };

  return (
    <div className="field">
      <div className="row between">
        <label htmlFor={id}>{w.payload}</label>
        <button type="button" className="quiet" onClick={() => void takeLast()}>
          {w.lastDelivery}
        </button>
      </div>
      <textarea
        id={id}
        className="mono tall"
        rows={8}
        spellCheck={false}
        value={value}
        aria-invalid={fault !== null || undefined}
        aria-describedby={fault ? `${id}-fault` : undefined}
        onChange={(event) => onChange("payload", event.target.value)}
      />
      {missing && <p role="status">{missing}</p>}
      <Fault id={id} fault={fault} />
    </div>
  );
}
