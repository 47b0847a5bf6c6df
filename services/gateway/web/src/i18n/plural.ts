/** Plurals by the language's own rules. */

export type PluralForms = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>;

export function plurals(language: string): (n: number, forms: PluralForms) => string {
  const rules = new Intl.PluralRules(language);
  return (n, forms) => forms[rules.select(n)] ?? forms.other;
}
