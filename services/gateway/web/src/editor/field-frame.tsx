/** A field's label, its help and what is wrong with it; the control comes in between. */
import { type ReactNode, useId } from "react";
import { Plain } from "../ui/text.tsx";
import { useFaults } from "./context.ts";
import { Help } from "./help.tsx";
import { useEditorWords } from "./words.ts";

export interface Described {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": true | undefined;
  "data-path": string;
}

interface Props {
  label: string;
  path: string;
  help?: string;
  required?: boolean;
  /** What the control itself finds wrong. */
  fault?: string | null;
  action?: ReactNode;
  children: (described: Described) => ReactNode;
}

export function FieldFrame(props: Props) {
  const { label, path, help, required = false, fault = null, action } = props;
  const id = useId();
  const w = useEditorWords();
  const found = useFaults(path);
  const faults = [
    ...(fault ? [{ message: fault, suggestion: null }] : []),
    ...found.map(({ message, suggestion }) => ({ message, suggestion })),
  ];
  const described = [help && `${id}-help`, faults.length > 0 && `${id}-fault`].filter(Boolean);
  return (
    <div className="field">
      <div className="row between field-head">
        <label htmlFor={id}>
          {label}
          {required && (
            <span aria-hidden="true" title={w.required}>
              {" "}
              *
            </span>
          )}
        </label>
        {action}
      </div>
      {props.children({
        id,
        "aria-describedby": described.join(" ") || undefined,
        "aria-invalid": faults.length > 0 || undefined,
        "data-path": path,
      })}
      {help && (
        <p id={`${id}-help`} className="help">
          <Help text={help} />
        </p>
      )}
      {faults.length > 0 && (
        <ul id={`${id}-fault`} className="plain fault">
          {faults.map((one, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two faults may say the same of the same place
            <li key={index}>
              <Plain text={one.message} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
