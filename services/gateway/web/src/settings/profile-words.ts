/** The words of the profile, which are fetched with the settings. */
import type { Messages } from "../i18n/en.ts";
import { useI18n } from "../i18n/i18n.tsx";
import type { Language } from "../i18n/preferences.ts";

const en = {
  title: "Profile",
  help: "Kept for you on every device where you sign in.",
  name: "Your name",
  nameHelp: "Decisions show it, and tasks can be assigned to it.",
  nameFixed: "Tasks are assigned by name, so only an admin can change it.",
  nameRequired: "Enter a name.",
  nameTaken: "Somebody else has this name.",
  save: "Save name",
  saving: "Saving...",
  renamed: (name: string) => `Your name is ${name} now.`,
  zone: "Time zone",
  deviceZone: (zone: string) => `As this device (${zone})`,
  zoneHelp: (time: string) => `All times and dates are shown in it. It is ${time} there.`,
};

type ProfileWords = typeof en;

const it: ProfileWords = {
  title: "Profilo",
  help: "Valido per te su ogni dispositivo da cui accedi.",
  name: "Il tuo nome",
  nameHelp: "Compare nelle decisioni, e le attività possono essere assegnate a questo nome.",
  nameFixed: "Le attività sono assegnate per nome, quindi solo un amministratore può cambiarlo.",
  nameRequired: "Inserisci un nome.",
  nameTaken: "Qualcun altro ha questo nome.",
  save: "Salva il nome",
  saving: "Salvataggio...",
  renamed: (name) => `Ora il tuo nome è ${name}.`,
  zone: "Fuso orario",
  deviceZone: (zone) => `Come questo dispositivo (${zone})`,
  zoneHelp: (time) => `Tutti gli orari e le date sono mostrati in questo fuso. Lì sono le ${time}.`,
};

const words: Record<Language, ProfileWords> = { en, it };

export function useProfileWords(): { w: ProfileWords; t: Messages } {
  const { language, t } = useI18n();
  return { w: words[language], t };
}
