/** The words of the system page, which are fetched with it: those of the first page stay few. */
import type { Messages } from "../i18n/en.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { plurals } from "../i18n/plural.ts";
import type { Language } from "../i18n/preferences.ts";

const inEnglish = plurals("en");
const inItalian = plurals("it");

const en = {
  title: "System",
  link: "System health, verification and dead letters",
  forAdmins: "Only an admin can look after the system.",
  back: "Settings",
  health: "System health",
  missing: (name: string) => `No replica of ${name} answers.`,
  replicas: "Replicas",
  service: "Service",
  replica: "Replica",
  release: "Release",
  since: "Running since",
  works: "Works",
  ready: "Ready",
  notReady: (what: string) => `Not ready: ${what}`,
  parts: { database: "database", broker: "broker", streams: "streams" } as Record<string, string>,
  relay: "Facts not told yet",
  relayOf: (n: string, seconds: string) => `${n}, the oldest for ${seconds}`,
  consumers: "Messages waiting",
  none: "none",
  repairs: "Repairs since its start",
  counts: "In hand",
  countNames: {
    waits: "waiting for people",
    jobs: "side effects",
    timers: "timers",
    orders: "orders between runs",
    pending: "pending tasks",
    listeners: "open event streams",
    intake: "arrivals waiting for the engine",
  } as Record<string, string>,
  deadLettersLeft: (n: number) =>
    inEnglish(n, { one: "1 dead letter", other: `${n} dead letters` }),
  backup: "Backup",
  backupHint:
    "PostgreSQL is all there is to back up, beside the keys of secrets. NATS holds copies only.",
  verify: "Verification",
  verifyHelp:
    "Proves that logs, snapshots, lists, counters and both services agree, while everything works. It changes nothing.",
  begin: "Verify now",
  stop: "Stop",
  resume: "Go on",
  never: "Nothing was verified yet.",
  progress: "Progress",
  phase: (phase: string, n: string): string => {
    switch (phase) {
      case "engine streams":
        return `Runs: ${n} looked at`;
      case "tasks streams":
        return `Tasks: ${n} looked at`;
      case "done":
        return "Done";
      case "engine tables":
      case "tasks tables":
        return "Lists and counters";
      case "tasks chain":
        return "Seals of the log";
      default:
        return "Waits of runs, and the tasks that they wait for";
    }
  },
  holds: "Everything holds.",
  stopped: "Stopped.",
  running: "Under way.",
  findings: (n: number) => inEnglish(n, { one: "1 finding", other: `${n} findings` }),
  seen: (runs: string, tasks: string, events: string) =>
    `${runs} runs and ${tasks} tasks with ${events} events`,
  firstOnly: (n: number) => `The first ${n} are shown.`,
  letters: "Dead letters",
  lettersHelp:
    "Messages that a consumer could not handle. Replay hands them to it once more, which is safe to repeat.",
  noLetters: "There are none.",
  unreadable: "A message that cannot be read",
  tries: (n: number) => inEnglish(n, { one: "tried once", other: `tried ${n} times` }),
  show: "Message",
  beginning: "Only the beginning is shown.",
  replay: "Replay",
  replayShown: "Replay all shown",
  discard: "Discard",
  discardTitle: "Discard this letter?",
  discardBody: "What it said never happens. Who discarded it, and when, is kept.",
  replayed: (n: number) => inEnglish(n, { one: "1 handled.", other: `${n} handled.` }),
  stillFails: (n: number) =>
    inEnglish(n, { one: "1 still cannot be handled.", other: `${n} still cannot be handled.` }),
  discarded: "Discarded.",
  more: "Show more",
};

type SystemWords = typeof en;

const it: SystemWords = {
  title: "Sistema",
  link: "Stato del sistema, verifica e lettere morte",
  forAdmins: "Solo un amministratore può occuparsi del sistema.",
  back: "Impostazioni",
  health: "Stato del sistema",
  missing: (name) => `Nessuna replica di ${name} risponde.`,
  replicas: "Repliche",
  service: "Servizio",
  replica: "Replica",
  release: "Versione",
  since: "Attiva da",
  works: "Funziona",
  ready: "Pronta",
  notReady: (what) => `Non pronta: ${what}`,
  parts: { database: "database", broker: "broker", streams: "stream" },
  relay: "Fatti non ancora comunicati",
  relayOf: (n, seconds) => `${n}, il più vecchio da ${seconds}`,
  consumers: "Messaggi in attesa",
  none: "nessuno",
  repairs: "Riparazioni dall'avvio",
  counts: "In corso",
  countNames: {
    waits: "in attesa di persone",
    jobs: "effetti esterni",
    timers: "timer",
    orders: "ordini tra esecuzioni",
    pending: "attività in attesa",
    listeners: "flussi di eventi aperti",
    intake: "arrivi in attesa del motore",
  },
  deadLettersLeft: (n) => inItalian(n, { one: "1 lettera morta", other: `${n} lettere morte` }),
  backup: "Copia di sicurezza",
  backupHint:
    "Basta copiare PostgreSQL, oltre alle chiavi dei segreti. NATS contiene solo delle copie.",
  verify: "Verifica",
  verifyHelp:
    "Dimostra che registri, istantanee, elenchi, contatori e i due servizi concordano, mentre tutto funziona. Non cambia nulla.",
  begin: "Verifica adesso",
  stop: "Ferma",
  resume: "Continua",
  never: "Non è stato ancora verificato nulla.",
  progress: "Avanzamento",
  phase: (phase, n) => {
    switch (phase) {
      case "engine streams":
        return `Esecuzioni: ${n} controllate`;
      case "tasks streams":
        return `Attività: ${n} controllate`;
      case "done":
        return "Finita";
      case "engine tables":
      case "tasks tables":
        return "Elenchi e contatori";
      case "tasks chain":
        return "Sigilli del registro";
      default:
        return "Attese delle esecuzioni, e le attività che aspettano";
    }
  },
  holds: "È tutto a posto.",
  stopped: "Fermata.",
  running: "In corso.",
  findings: (n) => inItalian(n, { one: "1 problema", other: `${n} problemi` }),
  seen: (runs, tasks, events) => `${runs} esecuzioni e ${tasks} attività con ${events} eventi`,
  firstOnly: (n) => `Sono mostrati i primi ${n}.`,
  letters: "Lettere morte",
  lettersHelp:
    "Messaggi che un consumatore non ha potuto trattare. Ripetere li consegna ancora una volta, senza rischi.",
  noLetters: "Non ce ne sono.",
  unreadable: "Un messaggio che non si può leggere",
  tries: (n) => inItalian(n, { one: "provata una volta", other: `provata ${n} volte` }),
  show: "Messaggio",
  beginning: "È mostrato solo l'inizio.",
  replay: "Ripeti",
  replayShown: "Ripeti tutte quelle mostrate",
  discard: "Scarta",
  discardTitle: "Scartare questa lettera?",
  discardBody: "Ciò che diceva non accadrà mai. Chi l'ha scartata, e quando, resta scritto.",
  replayed: (n) => inItalian(n, { one: "1 trattata.", other: `${n} trattate.` }),
  stillFails: (n) =>
    inItalian(n, {
      one: "1 non si può ancora trattare.",
      other: `${n} non si possono ancora trattare.`,
    }),
  discarded: "Scartata.",
  more: "Mostra altre",
};

export const systemWords: Record<Language, SystemWords> = { en, it };

export function useSystemWords(): { w: SystemWords; t: Messages } {
  const { language, t } = useI18n();
  return { w: systemWords[language], t };
}
