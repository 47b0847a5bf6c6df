/** A text that may hold variables: typing `{{`, or the button, lists those that exist here. */
import { useContext, useEffect, useRef, useState } from "react";
import { Panels } from "./context.ts";
import { FieldFrame } from "./field-frame.tsx";
import { VariablePicker } from "./variable-picker.tsx";
import { useEditorWords } from "./words.ts";

type Element = HTMLInputElement | HTMLTextAreaElement;

export interface TextFieldProps {
  label: string;
  path: string;
  value: string;
  help?: string;
  required?: boolean;
  fault?: string | null;
  placeholder?: string;
  rows?: number;
  mono?: boolean;
  /** In an expression a variable stands bare; without this, in braces. */
  bare?: boolean;
  plain?: boolean;
  onChange: (text: string) => void;
}

interface Picking {
  from: number;
  to: number;
}

export function TextField(props: TextFieldProps) {
  const { label, path, value, rows = 1, mono = false, bare = false, plain = false } = props;
  const w = useEditorWords();
  const { variables } = useContext(Panels);
  const element = useRef<Element>(null);
  const caret = useRef<number | null>(null);
  const [picking, setPicking] = useState<Picking | null>(null);

  useEffect(() => {
    const at = caret.current;
    if (at === null || picking) return;
    caret.current = null;
    element.current?.focus();
    element.current?.setSelectionRange(at, at);
  });

  const typed = (target: Element) => {
    const at = target.selectionStart ?? 0;
    const grown = target.value.length > value.length;
    const begun = !plain && grown && target.value.slice(0, at).endsWith("{{");
    props.onChange(target.value);
    if (begun && variables.length > 0) setPicking({ from: at - 2, to: at });
  };

  const insert = (variable: string) => {
    if (!picking) return;
    const text = bare ? variable : `{{ ${variable} }}`;
    props.onChange(value.slice(0, picking.from) + text + value.slice(picking.to));
    caret.current = picking.from + text.length;
    setPicking(null);
  };

  const open = () => {
    const from = element.current?.selectionStart ?? value.length;
    setPicking({ from, to: element.current?.selectionEnd ?? from });
  };

  const shared = {
    className: mono ? "mono" : undefined,
    value,
    dir: mono ? ("ltr" as const) : ("auto" as const),
    spellCheck: !mono,
    autoComplete: "off",
    placeholder: props.placeholder,
    onChange: (event: React.ChangeEvent<Element>) => typed(event.target),
  };
  return (
    <FieldFrame
      {...props}
      action={
        !plain &&
        variables.length > 0 && (
          <button
            type="button"
            className="quiet variable"
            aria-label={w.variableIn(label)}
            title={w.variable}
            onClick={open}
          >
            {"{ }"}
          </button>
        )
      }
    >
      {(described) => (
        <>
          {rows > 1 ? (
            <textarea
              {...shared}
              {...described}
              rows={rows}
              ref={element as React.RefObject<HTMLTextAreaElement>}
            />
          ) : (
            <input
              {...shared}
              {...described}
              type="text"
              ref={element as React.RefObject<HTMLInputElement>}
            />
          )}
          {picking && (
            <VariablePicker
              label={label}
              path={path}
              onChoose={insert}
              onClose={() => setPicking(null)}
            />
          )}
        </>
      )}
    </FieldFrame>
  );
}
