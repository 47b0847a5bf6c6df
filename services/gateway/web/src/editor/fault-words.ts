/** What is wrong with a definition, in the viewer's language; what nobody has translated stays as the server says it. */
import type { Fault } from "../api/types.ts";
import type { Language } from "../i18n/preferences.ts";

export type FaultWords = Readonly<Record<string, string>>;

export async function inLanguage(faults: Fault[], language: Language): Promise<Fault[]> {
  if (language === "en" || faults.length === 0) return faults;
  const { FAULTS_IT } = await import("./faults-it.ts");
  return faults.map((fault) => ({ ...fault, message: said(fault, FAULTS_IT) }));
}

/** With its own words; a parameter that is missing makes them worse than the server's. */
export function said({ code, message, params = {} }: Fault, words: FaultWords): string {
  const wordsOf = (key: string): string | undefined =>
    Object.hasOwn(words, key) ? words[key] : undefined;
  const reason = params.reason;
  const text = reason === undefined ? wordsOf(code) : wordsOf(`${code}/${reason}`);
  if (text === undefined) return message;
  let complete = true;
  const filled = text.replace(/(?<!\{)\{(\w+)\}(?!\})/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) complete = false;
    return String(value);
  });
  return complete ? filled : message;
}
