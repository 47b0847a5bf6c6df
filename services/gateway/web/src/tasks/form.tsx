/** The form of a manual input task: native controls, errors in words at the field, never a dead Submit button. */
import { useId } from "react";
import type { FormField } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { withoutHidden } from "../ui/bidi.ts";
import { UserText } from "../ui/text.tsx";
import type { Draft } from "./drafts.ts";
import { labelOf } from "./form-values.ts";

export type Faults = Record<string, string>;

interface FieldsProps {
  fields: FormField[];
  values: Draft;
  faults: Faults;
  readOnly: boolean;
  onChange: (name: string, value: string, control: HTMLInputElement | HTMLTextAreaElement) => void;
}

export function Fields({ fields, values, faults, readOnly, onChange }: FieldsProps) {
  const t = useT();
  return (
    <>
      {fields.some((field) => field.required) && <p className="muted small">{t.tasks.required}</p>}
      {fields.map((field) => (
        <Field
          key={field.name}
          field={field}
          value={values[field.name] ?? ""}
          fault={faults[field.name]}
          readOnly={readOnly}
          onChange={onChange}
        />
      ))}
    </>
  );
}

interface FieldProps extends Pick<FieldsProps, "readOnly" | "onChange"> {
  field: FormField;
  value: string;
  fault: string | undefined;
}

function Field({ field, value, fault, readOnly, onChange }: FieldProps) {
  const id = useId();
  const described = [field.help && `${id}-help`, fault && `${id}-fault`].filter(Boolean).join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>
        <UserText text={labelOf(field)} />
        {field.required && <span aria-hidden="true"> *</span>}
      </label>
      <Control
        field={field}
        id={id}
        value={value}
        readOnly={readOnly}
        invalid={fault !== undefined}
        describedBy={described || undefined}
        onChange={onChange}
      />
      {field.help && (
        <p id={`${id}-help`} className="help">
          <UserText text={field.help} />
        </p>
      )}
      {fault && (
        <p id={`${id}-fault`} className="fault">
          {fault}
        </p>
      )}
    </div>
  );
}

interface ControlProps extends Pick<FieldProps, "field" | "value" | "readOnly" | "onChange"> {
  id: string;
  invalid: boolean;
  describedBy: string | undefined;
}

function Control({ field, id, value, readOnly, invalid, describedBy, onChange }: ControlProps) {
  const shared = {
    id,
    name: field.name,
    value,
    readOnly,
    required: Boolean(field.required),
    "aria-invalid": invalid || undefined,
    "aria-describedby": describedBy,
    placeholder: withoutHidden(field.placeholder ?? ""),
  };
  const limits = {
    minLength: field.min_length ?? undefined,
    maxLength: field.max_length ?? undefined,
  };
  if (field.type === "textarea") {
    return (
      <textarea
        {...shared}
        {...limits}
        dir="auto"
        rows={3}
        onChange={(event) => onChange(field.name, event.target.value, event.target)}
      />
    );
  }
  const change = (event: React.ChangeEvent<HTMLInputElement>) =>
    onChange(field.name, event.target.value, event.target);
  if (field.type === "text") {
    return (
      <input {...shared} {...limits} dir="auto" type="text" autoComplete="off" onChange={change} />
    );
  }
  const range = { min: field.min ?? undefined, max: field.max ?? undefined };
  if (field.type === "date") return <input {...shared} {...range} type="date" onChange={change} />;
  return (
    <input
      {...shared}
      {...range}
      type="number"
      inputMode="decimal"
      step={field.step ?? "any"}
      // A wheel over a number must scroll the page, not change an answer.
      onWheel={(event) => event.currentTarget.blur()}
      onChange={change}
    />
  );
}
