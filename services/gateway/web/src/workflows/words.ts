/** The words of versions, drafts and starting runs, which are fetched with their pages: those of the first page stay few. */
import { useI18n } from "../i18n/i18n.tsx";
import { plurals } from "../i18n/plural.ts";
import type { Language } from "../i18n/preferences.ts";

const inEnglish = plurals("en");
const inItalian = plurals("it");

const en = {
  // Versions.
  current: "current",
  showOlder: "Show older versions",
  compare: "Compare",
  compareWithFormer: (version: number) => `Compare version ${version} with the one before`,
  compareTitle: "Two versions compared",
  from: "From",
  to: "To",
  version: (version: number) => `Version ${version}`,
  unsavedChanges: "Unsaved changes",
  changesTab: "Changes",
  same: "They say the same.",
  noDefinition: "One of the two cannot be read as a definition. Compare the texts instead.",
  about: "Workflow",
  trigger: "Trigger",
  steps: "Steps",
  edges: "Edges",
  settings: "Limits of the workflow",
  kinds: { added: "Added", removed: "Removed", changed: "Changed" },
  was: "was",
  is: "is now",
  nothing: "not set",
  order: "Order",
  edge: (from: string, port: string, to: string) =>
    port === "out" ? `${from} leads to ${to}` : `${from}, ${port}, leads to ${to}`,
  skipped: (n: number) =>
    inEnglish(n, { one: "1 line without a change", other: `${n} lines without a change` }),
  summary: (steps: number, edges: number) =>
    `${inEnglish(steps, { one: "1 step", other: `${steps} steps` })} and ${inEnglish(edges, { one: "1 edge", other: `${edges} edges` })} differ.`,
  restore: (version: number) => `Restore version ${version}`,
  restoreTitle: (version: number) => `Restore version ${version}?`,
  restoreBody: (version: number, next: number) =>
    `What version ${version} says becomes version ${next}. Nothing is lost: the versions in between stay, and runs that are under way keep theirs.`,
  restoreSecret: "The secret of the webhook stays as it is.",
  restoreDraft: "Your unsaved changes of this workflow are thrown away.",
  restored: (version: number, next: number) => `Version ${version} is back, as version ${next}.`,
  restoreNewer: "Someone saved a newer version meanwhile. Look at it first.",
  restoreFaults: "It cannot be restored, because by now it has problems:",
  backToEditor: "Back to the editor",
  // Starting a run.
  inputOf: "Input",
  form: "Form",
  json: "JSON",
  lastDelivery: "Last delivery",
  webhookHint: "As a delivery would: payload, headers, method and query.",
  payload: "Payload (JSON)",
  payloadBad: "The payload must be JSON.",
  scheduledAt: "Due at",
  scheduledHint: "The instant for which the clock would have started it.",
  eventHint: (event: string) => `What the event ${event} would bring along.`,
  // The list.
  showMore: "Show more",
  consequence: (runs: string) => `Its run history goes too: ${runs}.`,
  runs: (n: number, more: boolean) =>
    more ? `more than ${n} runs` : inEnglish(n, { one: "1 run", other: `${n} runs` }),
  noRuns: "It has never run.",
  liveRuns: (n: number, more: boolean) =>
    more
      ? `More than ${n} of them are live and would be cancelled, and their tasks closed.`
      : inEnglish(n, {
          one: "1 of them is live and would be cancelled, and its task closed.",
          other: `${n} of them are live and would be cancelled, and their tasks closed.`,
        }),
  callers: (names: string) => `These workflows call it, and their calls would fail: ${names}.`,
  webhookGone: "Its webhook address answers no more.",
};

export type WorkflowWords = typeof en;

const it: WorkflowWords = {
  current: "attuale",
  showOlder: "Mostra versioni precedenti",
  compare: "Confronta",
  compareWithFormer: (version) => `Confronta la versione ${version} con la precedente`,
  compareTitle: "Due versioni a confronto",
  from: "Da",
  to: "A",
  version: (version) => `Versione ${version}`,
  unsavedChanges: "Modifiche non salvate",
  changesTab: "Modifiche",
  same: "Dicono la stessa cosa.",
  noDefinition: "Una delle due non si legge come definizione. Confronta i testi.",
  about: "Flusso",
  trigger: "Avvio",
  steps: "Passi",
  edges: "Collegamenti",
  settings: "Limiti del flusso",
  kinds: { added: "Aggiunto", removed: "Tolto", changed: "Cambiato" },
  was: "era",
  is: "ora è",
  nothing: "non impostato",
  order: "Ordine",
  edge: (from, port, to) =>
    port === "out" ? `${from} porta a ${to}` : `${from}, ${port}, porta a ${to}`,
  skipped: (n) =>
    inItalian(n, { one: "1 riga senza modifiche", other: `${n} righe senza modifiche` }),
  summary: (steps, edges) =>
    `Differiscono ${inItalian(steps, { one: "1 passo", other: `${steps} passi` })} e ${inItalian(edges, { one: "1 collegamento", other: `${edges} collegamenti` })}.`,
  restore: (version) => `Ripristina la versione ${version}`,
  restoreTitle: (version) => `Ripristinare la versione ${version}?`,
  restoreBody: (version, next) =>
    `Ciò che dice la versione ${version} diventa la versione ${next}. Nulla va perso: le versioni in mezzo restano, e le esecuzioni in corso tengono la loro.`,
  restoreSecret: "Il segreto del webhook resta com'è.",
  restoreDraft: "Le tue modifiche non salvate di questo flusso vanno perse.",
  restored: (version, next) => `La versione ${version} è tornata, come versione ${next}.`,
  restoreNewer: "Nel frattempo qualcuno ha salvato una versione più recente. Guardala prima.",
  restoreFaults: "Non si può ripristinare, perché ora ha problemi:",
  backToEditor: "Torna all'editor",
  inputOf: "Dati d'ingresso",
  form: "Modulo",
  json: "JSON",
  lastDelivery: "Ultima consegna",
  webhookHint: "Come una consegna: payload, headers, method e query.",
  payload: "Payload (JSON)",
  payloadBad: "Il payload deve essere JSON.",
  scheduledAt: "Previsto per",
  scheduledHint: "L'istante per cui l'orologio l'avrebbe avviato.",
  eventHint: (event) => `Ciò che porterebbe l'evento ${event}.`,
  showMore: "Mostra altri",
  consequence: (runs) => `Va via anche la cronologia: ${runs}.`,
  runs: (n, more) =>
    more
      ? `più di ${n} esecuzioni`
      : inItalian(n, { one: "1 esecuzione", other: `${n} esecuzioni` }),
  noRuns: "Non è mai stato eseguito.",
  liveRuns: (n, more) =>
    more
      ? `Più di ${n} sono in corso e verrebbero annullate, e le loro attività chiuse.`
      : inItalian(n, {
          one: "1 è in corso e verrebbe annullata, e la sua attività chiusa.",
          other: `${n} sono in corso e verrebbero annullate, e le loro attività chiuse.`,
        }),
  callers: (names) => `Questi flussi lo chiamano, e le chiamate fallirebbero: ${names}.`,
  webhookGone: "Il suo indirizzo webhook non risponde più.",
};

const WORDS: Record<Language, WorkflowWords> = { en, it };

export function useWorkflowWords(): WorkflowWords {
  return WORDS[useI18n().language];
}
