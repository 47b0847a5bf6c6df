/** What is wrong with a definition, each with its place; choosing one goes there. */
import type { Fault, Validation } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { Icon } from "../ui/icons.tsx";
import { Plain } from "../ui/text.tsx";

interface Props {
  validation: Validation | null;
  checking: boolean;
  failed: boolean;
  /** Faults that saving found, until the text changes. */
  refused: Fault[] | null;
  /** Where a fault is, in words; without it, its path and line in the text. */
  nameOf?: ((fault: Fault) => string) | undefined;
  onChoose: (fault: Fault) => void;
}

export function Problems({ validation, checking, failed, refused, nameOf, onChoose }: Props) {
  const t = useT();
  const faults = refused ?? validation?.faults ?? [];
  return (
    <section className="card" aria-labelledby="problems-title" aria-busy={checking}>
      <h2 id="problems-title">{t.editor.problems(faults.length)}</h2>
      <div role="status">
        {failed && <p className="muted">{t.editor.checkAway}</p>}
        {!failed && checking && <p className="muted">{t.editor.checking}</p>}
        {!failed && !checking && faults.length === 0 && validation && (
          <p className="row">
            <Icon name="tick" /> {t.editor.valid}
          </p>
        )}
      </div>
      <ul className="plain problems">
        {faults.map((fault, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two faults may say the same of the same place
          <li key={index}>
            <button type="button" className="problem" onClick={() => onChoose(fault)}>
              <span>
                <Plain text={fault.message} />
              </span>
              {fault.suggestion && <span>{t.editor.suggestion(fault.suggestion)}</span>}
              {nameOf ? (
                <span className="muted small">
                  <Plain text={nameOf(fault)} />
                </span>
              ) : (
                <span className="mono muted">
                  {fault.path || "/"}
                  {fault.line != null && ` · ${t.editor.line(fault.line)}`}
                </span>
              )}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
