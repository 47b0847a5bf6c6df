/** The words of drafts, which are fetched with the editor: those of the first page stay few. */
import { useI18n } from "../i18n/i18n.tsx";
import type { Language } from "../i18n/preferences.ts";

const en = {
  unsaved: "Unsaved",
  keptAt: (time: string) => `Unsaved, kept ${time}`,
  keptHere: "Unsaved, kept in this browser only",
  discard: "Discard",
  discardTitle: "Discard your unsaved changes?",
  discardBody: "The editor goes back to what was saved. This cannot be undone.",
  restoredDraft: (time: string) => `Your unsaved changes of ${time} are here.`,
  restoredLocal: "Your unsaved changes are here.",
  olderBase: (base: number, latest: number) =>
    `You made them on version ${base}; by now there is version ${latest}.`,
  seeChanges: "See the changes",
  changedElsewhere: "These unsaved changes were changed in another tab or on another device.",
  loadTheirs: "Load those",
  keepMine: "Keep mine",
};

export type DraftWords = typeof en;

const it: DraftWords = {
  unsaved: "Non salvato",
  keptAt: (time) => `Non salvato, conservato alle ${time}`,
  keptHere: "Non salvato, conservato solo in questo browser",
  discard: "Scarta",
  discardTitle: "Scartare le modifiche non salvate?",
  discardBody: "L'editor torna a ciò che era salvato. Non si può annullare.",
  restoredDraft: (time) => `Ecco le tue modifiche non salvate, del ${time}.`,
  restoredLocal: "Ecco le tue modifiche non salvate.",
  olderBase: (base, latest) =>
    `Le hai fatte sulla versione ${base}; ora c'è la versione ${latest}.`,
  seeChanges: "Vedi le modifiche",
  changedElsewhere:
    "Queste modifiche non salvate sono state cambiate in un'altra scheda o su un altro dispositivo.",
  loadTheirs: "Carica quelle",
  keepMine: "Tieni le mie",
};

const WORDS: Record<Language, DraftWords> = { en, it };

export function useDraftWords(): DraftWords {
  return WORDS[useI18n().language];
}
