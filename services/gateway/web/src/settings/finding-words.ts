/** What a verification found, in the viewer's language; what nobody has translated stays as the services say it. */
import type { Finding } from "../gen/api.ts";
import type { Language } from "../i18n/preferences.ts";
import { MESSAGES_IT, REMEDIES_IT, SUBJECTS_IT } from "./findings-it.ts";

export type FindingText = Pick<Finding, "subject" | "message" | "remedy">;
type Params = NonNullable<Finding["codes"]>["params"];

export function findingText(finding: Finding, language: Language): FindingText {
  const { codes } = finding;
  if (language === "en" || codes === null) return finding;
  const remedies = codes.remedies.map((code) => filled(REMEDIES_IT, code, codes.params));
  const subject = filled(SUBJECTS_IT, codes.subject, codes.params);
  const message = filled(MESSAGES_IT, codes.message, codes.params);
  const remedy = remedies.includes(null) ? null : remedies.join(" ");
  return {
    subject: subject ?? finding.subject,
    message: message ?? finding.message,
    remedy: remedy ?? finding.remedy,
  };
}

/** Null without words of its own, and where what they tell is missing. */
function filled(words: Record<string, string>, code: string, params: Params): string | null {
  const text = Object.hasOwn(words, code) ? words[code] : undefined;
  if (text === undefined) return null;
  let complete = true;
  const said = text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) complete = false;
    return String(value);
  });
  return complete ? said : null;
}
