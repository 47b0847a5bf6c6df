/** The fields of a form: added, ordered, removed, and seen at once as the person will see them. */
import { useRef, useState } from "react";
import type { FormField, JsonObject } from "../api/types.ts";
import { objectsOf } from "../graph/definition.ts";
import type { Draft } from "../tasks/drafts.ts";
import { Fields } from "../tasks/form.tsx";
import { initialValues } from "../tasks/form-values.ts";
import { Icon } from "../ui/icons.tsx";
import { useFaults } from "./context.ts";
import { type ControlProps, Members, useLabel } from "./controls.tsx";
import { freeKey } from "./edits.ts";
import { GroupFrame } from "./group-frame.tsx";
import type { Field } from "./schema.ts";
import { showText } from "./values.ts";
import { useEditorWords } from "./words.ts";

/** Always shown; the others are folded away. */
const MAIN = new Set(["name", "label", "type", "required"]);
/** Which types an option fits. */
const FITS: Record<string, string[]> = {
  min: ["number", "date"],
  max: ["number", "date"],
  step: ["number"],
  min_length: ["text", "textarea"],
  max_length: ["text", "textarea"],
  pattern: ["text", "textarea"],
  pattern_message: ["text", "textarea"],
};

export function FormDesigner({ field, path, value, onChange }: ControlProps) {
  const w = useEditorWords();
  const list = useRef<HTMLOListElement>(null);
  const fields = objectsOf(value);
  const change = (next: JsonObject[]) => onChange(next.length === 0 ? undefined : next);
  const add = () => {
    const names = new Set(fields.map((one) => showText(one.name)));
    change([...fields, { name: freeKey(names, "field"), type: "text" }]);
    requestAnimationFrame(() =>
      list.current?.querySelector<HTMLElement>(":scope > li:last-child input")?.focus(),
    );
  };
  const move = (from: number, to: number) => {
    const next = [...fields];
    next.splice(to, 0, ...next.splice(from, 1));
    change(next);
  };
  return (
    <GroupFrame label={useLabel(field)} path={path}>
      <ol className="plain stack" ref={list}>
        {fields.map((one, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a field is known by its place, since its name is being typed
          <li key={index}>
            <OneField
              members={field.members}
              path={`${path}/${index}`}
              value={one}
              index={index}
              count={fields.length}
              onChange={(next) => change(fields.map((old, at) => (at === index ? next : old)))}
              onMove={(to) => move(index, to)}
              onRemove={() => change(fields.filter((_, at) => at !== index))}
            />
          </li>
        ))}
      </ol>
      <button type="button" data-path={path} onClick={add}>
        <Icon name="plus" /> {w.addField}
      </button>
      {fields.length > 0 && <Preview fields={fields} />}
    </GroupFrame>
  );
}

interface OneProps {
  members: Field[];
  path: string;
  value: JsonObject;
  index: number;
  count: number;
  onChange: (value: JsonObject) => void;
  onMove: (to: number) => void;
  onRemove: () => void;
}

function OneField({ members, path, value, index, count, onChange, onMove, onRemove }: OneProps) {
  const w = useEditorWords();
  const name = showText(value.label) || showText(value.name) || w.field(index + 1);
  const fitting = members.filter((one) => FITS[one.name]?.includes(showText(value.type)) ?? true);
  const main = fitting.filter((one) => MAIN.has(one.name)).map(withoutHelp);
  const more = fitting.filter((one) => !MAIN.has(one.name));
  const faulty = useFaults(path).some((fault) => !MAIN.has(fault.path.split("/").at(-1) ?? ""));
  return (
    <fieldset className="group designed" aria-label={w.field(index + 1)}>
      <div className="row between">
        <strong dir="auto">{name}</strong>
        <span className="row">
          <button
            type="button"
            className="quiet icon-only"
            aria-label={w.moveUp(name)}
            disabled={index === 0}
            onClick={() => onMove(index - 1)}
          >
            ↑
          </button>
          <button
            type="button"
            className="quiet icon-only"
            aria-label={w.moveDown(name)}
            disabled={index === count - 1}
            onClick={() => onMove(index + 1)}
          >
            ↓
          </button>
          <button
            type="button"
            className="quiet icon-only"
            aria-label={w.removeEntry(name)}
            onClick={onRemove}
          >
            <Icon name="cross" />
          </button>
        </span>
      </div>
      <div className="pairs">
        <Members fields={main} path={path} value={value} onChange={onChange} />
      </div>
      <details open={faulty || undefined}>
        <summary>{w.moreOptions}</summary>
        <Members fields={more} path={path} value={value} onChange={onChange} />
      </details>
    </fieldset>
  );
}

function withoutHelp(field: Field): Field {
  return { ...field, help: "" };
}

/** The very form that the person gets; what is typed into it goes nowhere. */
function Preview({ fields }: { fields: JsonObject[] }) {
  const w = useEditorWords();
  const [typed, setTyped] = useState<Draft>({});
  const shown = fields.filter((one) => showText(one.name) !== "") as unknown as FormField[];
  const unique = shown.filter((one, at) => shown.findIndex(({ name }) => name === one.name) === at);
  return (
    <section className="form-preview" aria-label={w.preview}>
      <strong>{w.preview}</strong>
      <p className="muted small">{w.previewHelp}</p>
      <Fields
        fields={unique}
        values={{ ...initialValues(unique), ...typed }}
        faults={{}}
        readOnly={false}
        onChange={(name, text) => setTyped({ ...typed, [name]: text })}
      />
    </section>
  );
}
