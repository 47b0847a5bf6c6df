/** An object of any names: a line for each, with its name and its value. */
import { useState } from "react";
import type { Json, JsonObject } from "../api/types.ts";
import { isObject } from "../graph/definition.ts";
import { Icon } from "../ui/icons.tsx";
import { FreeField } from "./controls.tsx";
import { GroupFrame } from "./group-frame.tsx";
import { TextField } from "./text-field.tsx";
import { showText } from "./values.ts";
import { useEditorWords } from "./words.ts";

interface Props {
  label: string;
  help?: string;
  path: string;
  value: Json | undefined;
  /** Values may be anything, not only texts. */
  free: boolean;
  onChange: (value: JsonObject | undefined) => void;
}

type Entry = [string, Json];

export function MapField({ label, help, path, value, free, onChange }: Props) {
  const w = useEditorWords();
  const written = Object.entries(isObject(value) ? value : {});
  // An entry without a name, or with one that is there twice, is kept here until it can be written.
  const [typed, setTyped] = useState<Entry[]>(written);
  const same = JSON.stringify(toObject(typed)) === JSON.stringify(toObject(written));
  const entries = same ? typed : written;
  const change = (next: Entry[]) => {
    setTyped(next);
    const object = toObject(next);
    onChange(Object.keys(object).length === 0 ? undefined : object);
  };
  const replace = (at: number, entry: Entry) =>
    change(entries.map((one, index) => (index === at ? entry : one)));
  return (
    <GroupFrame label={label} path={path} {...(help ? { help } : {})}>
      {entries.map(([name, item], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is known by its place, since its name is being typed
        <fieldset key={index} className="entry" aria-label={name || w.entry(index + 1)}>
          <TextField
            plain
            mono
            label={w.nameOf}
            path={`${path}/${name}/-name`}
            value={name}
            onChange={(text) => replace(index, [text.trim(), item])}
          />
          {free ? (
            <FreeField
              label={w.valueOf}
              path={`${path}/${name}`}
              value={item}
              onChange={(next) => replace(index, [name, next ?? ""])}
            />
          ) : (
            <TextField
              label={w.valueOf}
              path={`${path}/${name}`}
              value={showText(item)}
              onChange={(text) => replace(index, [name, text])}
            />
          )}
          <button
            type="button"
            className="quiet icon-only"
            aria-label={w.removeEntry(name || w.entry(index + 1))}
            onClick={() => change(entries.filter((_, at) => at !== index))}
          >
            <Icon name="cross" />
          </button>
        </fieldset>
      ))}
      <button
        type="button"
        className="quiet"
        data-path={path}
        onClick={() => change([...entries, ["", ""]])}
      >
        <Icon name="plus" /> {w.addEntry}
      </button>
    </GroupFrame>
  );
}

function toObject(entries: Entry[]): JsonObject {
  return Object.fromEntries(entries.filter(([name]) => name !== ""));
}
