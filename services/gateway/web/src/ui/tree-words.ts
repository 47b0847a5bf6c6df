/** The words of data trees, which are fetched with them. */
import { useI18n } from "../i18n/i18n.tsx";
import type { Language } from "../i18n/preferences.ts";

const en = {
  search: "Search in the data",
  matches: (n: number) => (n === 1 ? "1 match" : `${n} matches`),
  expandAll: "Expand all",
  collapseAll: "Collapse all",
  copyAll: "Copy all",
  copyValue: "Copy value",
  copyPath: "Copy path",
  chooseLine: "Choose a line to copy it.",
};

export type TreeWords = typeof en;

const it: TreeWords = {
  search: "Cerca nei dati",
  matches: (n) => (n === 1 ? "1 risultato" : `${n} risultati`),
  expandAll: "Espandi tutto",
  collapseAll: "Comprimi tutto",
  copyAll: "Copia tutto",
  copyValue: "Copia il valore",
  copyPath: "Copia il percorso",
  chooseLine: "Scegli una riga per copiarla.",
};

export const treeWords: Record<Language, TreeWords> = { en, it };

export function useTreeWords(): TreeWords {
  return treeWords[useI18n().language];
}
