/** The words of graphs, which are fetched with them: those of the first page stay few. */
import type { Messages } from "../i18n/en.ts";
import { useI18n } from "../i18n/i18n.tsx";
import type { Language } from "../i18n/preferences.ts";

const en = {
  graph: "Graph of the workflow",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
  fit: "Show all",
  trigger: "Trigger",
  types: {
    approval: "Approval",
    manual_input: "Manual input",
    condition: "Condition",
    switch: "Switch",
    transform: "Transform",
    http_request: "HTTP request",
    send_email: "Send email",
    delay: "Delay",
    for_each: "For each",
    run_workflow: "Run workflow",
    emit_event: "Emit event",
    stop: "Stop",
    manual_trigger: "By hand",
    webhook_trigger: "Webhook",
    schedule_trigger: "Schedule",
    event_trigger: "Event",
  } as Record<string, string>,
  ports: { out: "out", error: "error", timeout: "timeout", default: "default" } as Record<
    string,
    string
  >,
  problems: (n: number) => (n === 1 ? "1 problem" : `${n} problems`),
  edge: (from: string, port: string, to: string) => `${from}, ${port}, leads to ${to}`,
  edgeStates: { taken: "taken", dead: "not taken", open: "" },
  select: "Press Enter to choose.",
  selectEdit:
    "Press Enter to choose, Enter again for its settings, the arrow keys to move it, Delete to remove it.",
  selectEdge: "Press Enter to choose, then Delete to remove it.",
  moved: (x: number, y: number) => `Moved to ${x}, ${y}.`,
  handle: "Connect",
};

export type GraphWords = typeof en;

const it: GraphWords = {
  graph: "Grafo del flusso",
  zoomIn: "Ingrandisci",
  zoomOut: "Riduci",
  fit: "Mostra tutto",
  trigger: "Avvio",
  types: {
    approval: "Approvazione",
    manual_input: "Dati da inserire",
    condition: "Condizione",
    switch: "Scelta",
    transform: "Trasformazione",
    http_request: "Richiesta HTTP",
    send_email: "Invio email",
    delay: "Attesa",
    for_each: "Per ciascuno",
    run_workflow: "Esegui flusso",
    emit_event: "Emetti evento",
    stop: "Fine",
    manual_trigger: "A mano",
    webhook_trigger: "Webhook",
    schedule_trigger: "Pianificazione",
    event_trigger: "Evento",
  },
  ports: { out: "uscita", error: "errore", timeout: "scadenza", default: "altrimenti" },
  problems: (n: number) => (n === 1 ? "1 problema" : `${n} problemi`),
  edge: (from: string, port: string, to: string) => `${from}, ${port}, porta a ${to}`,
  edgeStates: { taken: "percorso", dead: "non percorso", open: "" },
  select: "Premi Invio per scegliere.",
  selectEdit:
    "Premi Invio per scegliere, ancora Invio per le impostazioni, le frecce per spostare, Canc per eliminare.",
  selectEdge: "Premi Invio per scegliere, poi Canc per eliminare.",
  moved: (x: number, y: number) => `Spostato a ${x}, ${y}.`,
  handle: "Collega",
};

const WORDS: Record<Language, GraphWords> = { en, it };

export function useGraphWords(): { w: GraphWords; t: Messages } {
  const { language, t } = useI18n();
  return { w: WORDS[language], t };
}
