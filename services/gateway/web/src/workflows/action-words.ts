/** The words of what is done to workflows from any page: few, since every page that has a workflow has them. */
import { useI18n } from "../i18n/i18n.tsx";
import type { Language } from "../i18n/preferences.ts";

const en = {
  secretMissing: "Its webhook has no secret yet. Make one, then activate it.",
  toSecret: "Make a secret",
};

const it: typeof en = {
  secretMissing: "Il suo webhook non ha ancora un segreto. Creane uno, poi attivalo.",
  toSecret: "Crea un segreto",
};

const WORDS: Record<Language, typeof en> = { en, it };

export function useActionWords(): typeof en {
  return WORDS[useI18n().language];
}
