/** What a person answered: outcome, who, when, the comment and the values. */
import type { Decision } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { withoutHidden } from "../ui/bidi.ts";
import { UserText } from "../ui/text.tsx";
import { ClockTime } from "../ui/time.tsx";

export function DecisionDetails({ decision }: { decision: Decision }) {
  const t = useT();
  const values = Object.entries(decision.values ?? {});
  return (
    <dl className="facts">
      <dt>{t.runs.decision}</dt>
      <dd dir="auto">
        {t.tasks.decidedBy(decision.outcome, withoutHidden(decision.by))},{" "}
        <ClockTime time={decision.at} />
      </dd>
      {decision.comment && (
        <>
          <dt>{t.tasks.comment}</dt>
          <dd>
            <UserText text={decision.comment} />
          </dd>
        </>
      )}
      {values.length > 0 && (
        <>
          <dt>{t.tasks.values}</dt>
          <dd>
            <ul className="plain">
              {values.map(([name, value]) => (
                <li key={name}>
                  <UserText text={name} />:{" "}
                  {value === null || value === "" ? (
                    <span className="muted">{t.form.empty}</span>
                  ) : (
                    <UserText
                      text={typeof value === "object" ? JSON.stringify(value) : String(value)}
                    />
                  )}
                </li>
              ))}
            </ul>
          </dd>
        </>
      )}
    </dl>
  );
}
