/** The words of a run's page, which are fetched with it: those of the first page stay few. */
import type { Messages } from "../i18n/en.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { plurals } from "../i18n/plural.ts";
import type { Language } from "../i18n/preferences.ts";

const inEnglish = plurals("en");
const inItalian = plurals("it");

const en = {
  log: "Log",
  moment: "Moment of the run",
  pastHint: "You see the run as it was. Go back to now to decide or to cancel.",
  backToNow: "Back to now",
  earlierEvent: "One event earlier",
  laterEvent: "One event later",
  eventOf: (n: string, total: string) => `Event ${n} of ${total}`,
  now: "Now",
  beyond: (total: string) => `The log of this run has ${total} events.`,
  events: "Events of the run",
  range: (from: string, to: string, total: string) => `Events ${from} to ${to} of ${total}`,
  earlier: "Earlier",
  later: "Later",
  showEvent: "CloudEvent",
  byFlusso: "Flusso",
  notYet: "This step had not begun at that moment.",
  cancelled: "Cancelled",
  cancelledBy: (name: string) => `By ${name},`,
  waitedThen: "At this moment the run waited for an answer.",
  event: (kind: string, step: string): string => {
    switch (kind) {
      case "queued":
        return "The run was queued";
      case "started":
        return "The run started";
      case "node_scheduled":
        return `${step}: handed to a worker`;
      case "node_completed":
        return `${step}: completed`;
      case "node_failed":
        return `${step}: failed`;
      case "node_skipped":
        return `${step}: skipped`;
      case "retry_set":
        return `${step}: failed, to be tried again`;
      case "delay_set":
        return `${step}: sleeps`;
      case "timer_set":
        return step === "" ? "Time limit of the run set" : `${step}: time limit set`;
      case "timer_stopped":
        return step === ""
          ? "Time limit of the run stands still"
          : `${step}: time limit stands still`;
      case "children_called":
        return `${step}: started runs`;
      case "children_reported":
        return `${step}: heard of its runs`;
      case "paused":
        return `${step}: waits for an answer`;
      case "resumed":
        return `${step}: answered`;
      case "completed":
        return "The run completed";
      case "failed":
        return "The run failed";
      case "cancelled":
        return "The run was cancelled";
      default:
        return kind;
    }
  },
  tabs: "Parts of the step",
  attempts: "Attempts",
  decision: "Decision",
  runs: "Runs",
  attempt: (n: number) => `Attempt ${n}`,
  attemptsShown: (shown: number, all: number) => `The last ${shown} of ${all}; the log has all.`,
  nextAttempt: "Next attempt",
  succeeded: "Succeeded",
  underWay: "Under way",
  shown: "What was shown",
  answered: "What was answered",
  notAnswered: "Not answered yet.",
  noLongerAsked: "Nobody answered.",
  digest: "Digest of the request",
  copyDigest: "Copy the digest",
  fields: "Fields",
  required: "required",
  childRun: (id: string) => `Run ${id}`,
  asTheyAreNow: "The runs are shown as they are now.",
  noRuns: "No runs have been started.",
  newest: (n: number) => `The newest ${n} are shown.`,
  sleepsUntil: "Sleeps until",
  limit: "Time limit",
  limitStands: (left: string) => `${left} left; the clock stands while people decide`,
  left: (time: string) => `${time} left`,
  due: "due now",
  queue: "Queue",
  ahead: (n: number) =>
    n === 0
      ? "next to start, when its workflow has a free slot"
      : inEnglish(n, { one: "1 run is before it", other: `${n} runs are before it` }),
  aheadMany: (n: string) => `${n} runs or more are before it`,
  waitsForSlot: "starts when its workflow has a free slot",
};

export type RunWords = typeof en;

const it: RunWords = {
  log: "Registro",
  moment: "Momento dell'esecuzione",
  pastHint: "Vedi l'esecuzione com'era. Torna al presente per decidere o annullare.",
  backToNow: "Torna al presente",
  earlierEvent: "Un evento prima",
  laterEvent: "Un evento dopo",
  eventOf: (n, total) => `Evento ${n} di ${total}`,
  now: "Adesso",
  beyond: (total) => `Il registro di questa esecuzione ha ${total} eventi.`,
  events: "Eventi dell'esecuzione",
  range: (from, to, total) => `Eventi da ${from} a ${to} di ${total}`,
  earlier: "Precedenti",
  later: "Successivi",
  showEvent: "CloudEvent",
  byFlusso: "Flusso",
  notYet: "In quel momento questo passo non era ancora iniziato.",
  cancelled: "Annullata",
  cancelledBy: (name) => `Da ${name},`,
  waitedThen: "In questo momento l'esecuzione aspettava una risposta.",
  event: (kind, step) => {
    switch (kind) {
      case "queued":
        return "L'esecuzione è stata messa in coda";
      case "started":
        return "L'esecuzione è iniziata";
      case "node_scheduled":
        return `${step}: affidato a un esecutore`;
      case "node_completed":
        return `${step}: completato`;
      case "node_failed":
        return `${step}: fallito`;
      case "node_skipped":
        return `${step}: saltato`;
      case "retry_set":
        return `${step}: fallito, da ritentare`;
      case "delay_set":
        return `${step}: dorme`;
      case "timer_set":
        return step === ""
          ? "Limite di tempo dell'esecuzione impostato"
          : `${step}: limite di tempo impostato`;
      case "timer_stopped":
        return step === ""
          ? "Limite di tempo dell'esecuzione fermo"
          : `${step}: limite di tempo fermo`;
      case "children_called":
        return `${step}: ha avviato esecuzioni`;
      case "children_reported":
        return `${step}: ha avuto notizie delle sue esecuzioni`;
      case "paused":
        return `${step}: aspetta una risposta`;
      case "resumed":
        return `${step}: ha avuto risposta`;
      case "completed":
        return "L'esecuzione è completata";
      case "failed":
        return "L'esecuzione è fallita";
      case "cancelled":
        return "L'esecuzione è stata annullata";
      default:
        return kind;
    }
  },
  tabs: "Parti del passo",
  attempts: "Tentativi",
  decision: "Decisione",
  runs: "Esecuzioni",
  attempt: (n) => `Tentativo ${n}`,
  attemptsShown: (shown, all) => `Gli ultimi ${shown} di ${all}; il registro li ha tutti.`,
  nextAttempt: "Prossimo tentativo",
  succeeded: "Riuscito",
  underWay: "In corso",
  shown: "Che cosa è stato mostrato",
  answered: "Che cosa è stato risposto",
  notAnswered: "Ancora nessuna risposta.",
  noLongerAsked: "Nessuno ha risposto.",
  digest: "Impronta della richiesta",
  copyDigest: "Copia l'impronta",
  fields: "Campi",
  required: "obbligatorio",
  childRun: (id) => `Esecuzione ${id}`,
  asTheyAreNow: "Le esecuzioni sono mostrate come sono adesso.",
  noRuns: "Non è stata avviata nessuna esecuzione.",
  newest: (n) => `Sono mostrate le ${n} più recenti.`,
  sleepsUntil: "Dorme fino a",
  limit: "Limite di tempo",
  limitStands: (left) => `restano ${left}; l'orologio è fermo mentre decidono le persone`,
  left: (time) => `restano ${time}`,
  due: "adesso",
  queue: "Coda",
  ahead: (n) =>
    n === 0
      ? "la prossima, quando il suo flusso ha un posto libero"
      : inItalian(n, {
          one: "1 esecuzione è prima di lei",
          other: `${n} esecuzioni sono prima di lei`,
        }),
  aheadMany: (n) => `${n} o più esecuzioni sono prima di lei`,
  waitsForSlot: "inizia quando il suo flusso ha un posto libero",
};

export const runWords: Record<Language, RunWords> = { en, it };

export function useRunWords(): { w: RunWords; t: Messages } {
  const { language, t } = useI18n();
  return { w: runWords[language], t };
}
