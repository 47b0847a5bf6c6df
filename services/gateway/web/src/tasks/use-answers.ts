/** The answers that a person types into a task's form: kept as a draft, judged when submitted and then as they type. */
import { useRef, useState } from "react";
import type { JsonObject, Task } from "../api/types.ts";
import { useFormat, useT } from "../i18n/i18n.tsx";
import { type Draft, dropDraft, readDraft, writeDraft } from "./drafts.ts";
import type { Faults } from "./form.tsx";
import { faultOf, initialValues, toValues } from "./form-values.ts";

type Control = HTMLInputElement | HTMLTextAreaElement;

export function useAnswers(task: Task) {
  const t = useT();
  const format = useFormat();
  const [values, setValues] = useState<Draft>(() => ({
    ...initialValues(task.fields),
    ...readDraft(task.id),
  }));
  const [faults, setFaults] = useState<Faults>({});
  const judged = useRef(false);
  const form = useRef<HTMLFormElement>(null);

  const judge = (name: string, text: string, control: Control | null): string | null => {
    const field = task.fields.find((candidate) => candidate.name === name);
    return field ? faultOf(field, text, control?.validity.badInput ?? false, { t, format }) : null;
  };

  const change = (name: string, text: string, control: Control): void => {
    const next = { ...values, [name]: text };
    setValues(next);
    writeDraft(task.id, next);
    if (judged.current) setFaults((old) => withFault(old, name, judge(name, text, control)));
  };

  /** The values to send, or null after showing what is wrong and going there. */
  const check = (): JsonObject | null => {
    judged.current = true;
    const found: Faults = {};
    for (const field of task.fields) {
      const fault = judge(
        field.name,
        values[field.name] ?? "",
        controlOf(form.current, field.name),
      );
      if (fault) found[field.name] = fault;
    }
    show(found);
    return Object.keys(found).length === 0 ? toValues(task.fields, values) : null;
  };

  const show = (found: Faults): void => {
    setFaults(found);
    const first = task.fields.find((field) => found[field.name]);
    if (first) controlOf(form.current, first.name)?.focus();
  };

  return { values, faults, form, change, check, show, forget: () => dropDraft(task.id) };
}

function withFault(faults: Faults, name: string, fault: string | null): Faults {
  const { [name]: _old, ...others } = faults;
  return fault ? { ...others, [name]: fault } : others;
}

function controlOf(form: HTMLFormElement | null, name: string): Control | null {
  const control = form?.elements.namedItem(name);
  return control instanceof HTMLInputElement || control instanceof HTMLTextAreaElement
    ? control
    : null;
}
