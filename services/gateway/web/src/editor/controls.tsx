/** One control for each kind of member that a configuration can have. Emptied, a member is left out. */
import { useState } from "react";
import type { Json, JsonObject } from "../api/types.ts";
import { isObject } from "../graph/definition.ts";
import { withMember } from "./edits.ts";
import { FieldFrame } from "./field-frame.tsx";
import { FormDesigner } from "./form-designer.tsx";
import { GroupFrame } from "./group-frame.tsx";
import { MapField } from "./map-field.tsx";
import type { Field } from "./schema.ts";
import { TextField } from "./text-field.tsx";
import { linesOf, parseFree, showFree, showText } from "./values.ts";
import { labelOf, useEditorWords } from "./words.ts";

export interface ControlProps {
  field: Field;
  path: string;
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
}

export function Control(props: ControlProps) {
  const label = useLabel(props.field);
  switch (props.field.control) {
    case "text":
    case "prose":
    case "expression":
      return <Text {...props} />;
    case "number":
      return <NumberField {...props} />;
    case "boolean":
    case "choice":
      return <Choice {...props} />;
    case "texts":
    case "values":
    case "some":
      return <Lines {...props} />;
    case "map":
      return <MapField {...props} label={label} help={props.field.help} free={false} />;
    case "form":
      return <FormDesigner {...props} />;
    case "object":
      return <ObjectField {...props} />;
    case "free":
      return <FreeField {...props} label={label} help={props.field.help} />;
  }
}

export function useLabel(field: Field): string {
  return labelOf(useEditorWords(), field.name);
}

function useFrame({ field, path }: ControlProps) {
  return { label: useLabel(field), path, help: field.help, required: field.required };
}

const ROWS = { text: 1, prose: 4, expression: 2 };

function Text(props: ControlProps) {
  const { control } = props.field;
  return (
    <TextField
      {...useFrame(props)}
      rows={ROWS[control as keyof typeof ROWS]}
      mono={control === "expression"}
      plain={isFixed(props.field)}
      bare={control === "expression"}
      placeholder={fallbackOf(props.field)}
      value={showText(props.value)}
      onChange={(text) => props.onChange(text === "" ? undefined : text)}
    />
  );
}

/** Names and patterns are what they are; of others the schema says it. */
function isFixed({ name, fixed }: Field): boolean {
  return fixed || name === "name" || name === "pattern";
}

/** What holds when nothing is written, if that says something. */
function fallbackOf({ fallback }: Field): string {
  return fallback === null || fallback === "" || typeof fallback === "object"
    ? ""
    : String(fallback);
}

function NumberField(props: ControlProps) {
  const w = useEditorWords();
  const shown = showText(props.value);
  const [typed, setTyped] = useState(shown);
  const number = Number(typed.replace(",", "."));
  const fault = typed.trim() !== "" && !Number.isFinite(number) ? w.notNumber : null;
  // What was typed stays as it was typed for as long as it means the value.
  const text = fault !== null || sameNumber(typed, props.value) ? typed : shown;
  return (
    <FieldFrame {...useFrame(props)} fault={fault}>
      {(described) => (
        <input
          {...described}
          type="text"
          inputMode="decimal"
          autoComplete="off"
          placeholder={fallbackOf(props.field)}
          value={text}
          onChange={({ target }) => {
            setTyped(target.value);
            const next = Number(target.value.replace(",", "."));
            if (target.value.trim() === "") props.onChange(undefined);
            else if (Number.isFinite(next)) props.onChange(next);
          }}
        />
      )}
    </FieldFrame>
  );
}

function sameNumber(typed: string, value: Json | undefined): boolean {
  if (typed.trim() === "") return value === undefined || value === null;
  return Number(typed.replace(",", ".")) === value;
}

function Choice(props: ControlProps) {
  const w = useEditorWords();
  const { field, value } = props;
  const isBoolean = field.control === "boolean";
  const options = isBoolean ? ["true", "false"] : field.options;
  const say = (option: string) =>
    isBoolean ? (option === "true" ? w.yes : w.no) : (w.choices[option] ?? option);
  const chosen = showText(value);
  const known = chosen === "" || options.includes(chosen) ? options : [...options, chosen];
  const fallback = fallbackOf(field);
  return (
    <FieldFrame {...useFrame(props)}>
      {(described) => (
        <select
          {...described}
          value={chosen}
          onChange={({ target }) => {
            if (target.value === "") props.onChange(undefined);
            else props.onChange(isBoolean ? target.value === "true" : target.value);
          }}
        >
          <option value="">{fallback === "" ? w.unset : w.fallback(say(fallback))}</option>
          {known.map((option) => (
            <option key={option} value={option}>
              {say(option)}
            </option>
          ))}
        </select>
      )}
    </FieldFrame>
  );
}

/** A list as lines. Of `values`, what looks like a number is one; of `some`, a single line is a text by itself. */
function Lines(props: ControlProps) {
  const { control } = props.field;
  const w = useEditorWords();
  const read = (text: string): Json | undefined => {
    const lines = linesOf(text);
    if (lines.length === 0) return undefined;
    if (control === "some" && lines.length === 1) return lines[0];
    return control === "values" ? lines.map((line) => parseFree(line) ?? line) : lines;
  };
  const items = Array.isArray(props.value) ? props.value : [props.value ?? []].flat();
  const shown = items.map(control === "values" ? showFree : showText).join("\n");
  const [typed, setTyped] = useState(shown);
  const same = JSON.stringify(read(typed)) === JSON.stringify(read(shown));
  const frame = useFrame(props);
  return (
    <TextField
      {...frame}
      help={[frame.help, w.onePerLine].filter(Boolean).join(". ")}
      rows={2}
      plain={control === "values"}
      value={same ? typed : shown}
      onChange={(text) => {
        setTyped(text);
        props.onChange(read(text));
      }}
    />
  );
}

interface FreeProps {
  label: string;
  help?: string;
  path: string;
  value: Json | undefined;
  required?: boolean;
  onChange: (value: Json | undefined) => void;
}

/** Any value: text with variables, or JSON. Half-typed JSON is kept here until it can be read. */
export function FreeField({ value, onChange, ...frame }: FreeProps) {
  const w = useEditorWords();
  const shown = showFree(value ?? undefined);
  const [typed, setTyped] = useState(shown);
  const parsed = typed === "" ? null : parseFree(typed);
  const same = parsed === undefined || JSON.stringify(parsed) === JSON.stringify(value ?? null);
  return (
    <TextField
      {...frame}
      rows={2}
      mono
      fault={parsed === undefined ? w.notJson : null}
      value={same ? typed : shown}
      onChange={(text) => {
        setTyped(text);
        const next = text === "" ? undefined : parseFree(text);
        if (text === "" || next !== undefined) onChange(next);
      }}
    />
  );
}

function ObjectField(props: ControlProps) {
  const value = isObject(props.value) ? props.value : {};
  return (
    <GroupFrame {...useFrame(props)}>
      <Members
        fields={props.field.members}
        path={props.path}
        value={value}
        onChange={(next) => props.onChange(Object.keys(next).length === 0 ? undefined : next)}
      />
    </GroupFrame>
  );
}

interface MembersProps {
  fields: Field[];
  path: string;
  value: JsonObject;
  onChange: (value: JsonObject) => void;
}

export function Members({ fields, path, value, onChange }: MembersProps) {
  return fields.map((field) => (
    <Control
      key={field.name}
      field={field}
      path={`${path}/${field.name}`}
      value={value[field.name]}
      onChange={(next) => onChange(withMember(value, field.name, next))}
    />
  ));
}
