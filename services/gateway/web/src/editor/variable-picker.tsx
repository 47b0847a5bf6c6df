/** The variables that exist at a step, to search and to choose from. */
import { useContext, useState } from "react";
import { Dialog } from "../ui/dialog.tsx";
import { Plain } from "../ui/text.tsx";
import { Panels } from "./context.ts";
import type { Variable } from "./variables.ts";
import { useEditorWords } from "./words.ts";

const SHOWN_MAX = 100;
const PREVIEW_MAX = 60;

interface Props {
  label: string;
  path: string;
  onChoose: (variable: string) => void;
  onClose: () => void;
}

export function VariablePicker({ label, onChoose, onClose }: Props) {
  const w = useEditorWords();
  const { variables, previewed } = useContext(Panels);
  const [search, setSearch] = useState("");
  const found = variables
    .filter((one) => one.path.toLowerCase().includes(search.trim().toLowerCase()))
    .slice(0, SHOWN_MAX);
  return (
    <Dialog title={w.variableIn(label)} onClose={onClose}>
      <input
        type="search"
        data-first-focus
        aria-label={w.searchVariables}
        placeholder={w.searchVariables}
        value={search}
        onChange={(event) => setSearch(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          if (found[0]) onChoose(found[0].path);
        }}
      />
      {variables.length === 0 && <p className="muted">{w.noVariables}</p>}
      {variables.length > 0 && found.length === 0 && <p className="muted">{w.noVariableMatch}</p>}
      {previewed && found.length > 0 && <p className="muted small">{w.fromLastRun}</p>}
      <ul className="plain variables">
        {found.map((variable) => (
          <li key={variable.path}>
            <button type="button" className="quiet" onClick={() => onChoose(variable.path)}>
              <span className="mono">{variable.path}</span>
              <Preview variable={variable} />
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

function Preview({ variable }: { variable: Variable }) {
  if (variable.value === undefined) return null;
  const text = JSON.stringify(variable.value);
  return (
    <span className="muted small preview" dir="auto">
      <Plain text={text.length > PREVIEW_MAX ? `${text.slice(0, PREVIEW_MAX)}...` : text} />
    </span>
  );
}
