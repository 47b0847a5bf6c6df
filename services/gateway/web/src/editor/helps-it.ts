/** What the published schema says of each type and member, in Italian. A test holds it to be complete. */

const PERSON = {
  title: "Il titolo della scheda; se manca, il nome del passo",
  due: "Una durata (`3d`) o un istante. È un desiderio: passato quello l'attività risulta in ritardo, ma resta aperta; può contenere variabili",
  timeout:
    "Una durata (`3d`) o un istante: passato quello senza risposta, decide l'orologio; se manca, l'esecuzione attende per sempre; può contenere variabili",
};

const WORKFLOW = "Il flusso da eseguire: il nome esatto, o l'id; senza variabili";
const COPY = "Chi ne riceve una copia, un indirizzo o più; chi è in `bcc` non lo vede nessuno";
const CUSTOM = "Solo con `custom`";

export const HELPS_IT: Record<string, string> = {
  approval: "Ferma l'esecuzione finché una persona approva o rifiuta.",
  "approval.prompt": "La domanda; Markdown senza HTML, può contenere variabili",
  "approval.title": PERSON.title,
  "approval.assignees":
    "Chi può decidere, per id o nome; vuoto: tutti. Un amministratore può sempre",
  "approval.due": PERSON.due,
  "approval.timeout": PERSON.timeout,
  manual_input: "Ferma l'esecuzione finché una persona compila un modulo.",
  "manual_input.prompt": "Sopra il modulo; Markdown senza HTML, può contenere variabili",
  "manual_input.title": PERSON.title,
  "manual_input.fields": "I campi del modulo, almeno uno",
  "manual_input.assignees":
    "Chi può rispondere, per id o nome; vuoto: tutti. Un amministratore può sempre",
  "manual_input.due": PERSON.due,
  "manual_input.timeout": PERSON.timeout,
  condition: "Prende una di due strade.",
  "condition.expression": "CEL: deve dare `true` o `false`",
  switch: "Prende una di molte strade.",
  "switch.expression": "CEL: il valore si confronta con i casi",
  "switch.cases": "Testi, numeri o booleani, da 1 a 100, provati in ordine",
  transform: "Compone un oggetto da ciò che è noto.",
  http_request:
    "Chiama un altro sistema. Se un processo muore nel momento sbagliato può farlo più di una volta, e allora con la stessa chiave di idempotenza.",
  "http_request.method": "Se manca, `GET`",
  "http_request.url": "`http` o `https`; può contenere variabili",
  "http_request.headers": "I valori possono contenere variabili",
  "http_request.query": "Si aggiungono all'URL; i valori possono contenere variabili",
  "http_request.body": "Un oggetto o un elenco va come JSON, un testo com'è",
  "http_request.auth":
    "Un token, oppure nome e password, al posto di un'intestazione `Authorization` propria; può contenere variabili",
  "http_request.timeout": "Secondi per un tentativo, fino a 300; se manca, 30",
  "http_request.retries":
    "Da 0 a 20: altri tentativi dopo un errore che può passare; di più dicono i Tentativi del passo",
  "http_request.retry_delay":
    "Secondi prima del secondo tentativo; raddoppiano ogni volta; se manca, 1",
  "http_request.retry_delay_max": "La pausa più lunga, in secondi; se manca, 300",
  "http_request.error_statuses":
    "Stati (`404`) o classi (`5xx`) che sono errori; se manca, `4xx` e `5xx`",
  send_email: "Invia un'email con il server di posta dell'installazione.",
  "send_email.to": "Chi la riceve, un indirizzo o più; una variabile può portarne un elenco",
  "send_email.cc": COPY,
  "send_email.bcc": COPY,
  "send_email.reply_to": "L'indirizzo a cui vanno le risposte",
  "send_email.from": "Il mittente; se manca, `FLUSSO_EMAIL_FROM` dell'installazione",
  "send_email.subject": "Una riga; oltre 500 caratteri viene accorciato",
  "send_email.body": "Markdown, fino a 100.000 caratteri",
  delay: "Fa dormire l'esecuzione: per una durata, o fino a un istante.",
  "delay.duration": "Quanto: `90s`, `15m`, `2h`, `3d`, `1w` o una somma (`1h30m`)",
  "delay.until": "Un istante, come `2026-05-01T09:00:00Z`, o una durata",
  for_each:
    "Avvia un'esecuzione di un altro flusso per ogni elemento di un elenco, tante insieme, e ne raccoglie le uscite.",
  "for_each.items":
    'Un elenco, o un testo con una variabile; di un oggetto, i membri come `{"key": ..., "value": ...}`; al massimo 100.000',
  "for_each.workflow": WORKFLOW,
  "for_each.input":
    "L'ingresso di ogni esecuzione; oltre ai dati ci sono le variabili `item` e `index` (da 0)",
  "for_each.concurrency":
    "Da 1 a 100: quante esecuzioni possono essere in corso insieme, comprese quelle che attendono persone; se manca, 10",
  "for_each.on_error": "Se la prima esecuzione che non si completa ferma il passo",
  "for_each.collect": "Se si tengono le uscite; altrimenti `results` è vuoto",
  run_workflow: "Avvia un'esecuzione di un altro flusso e ne attende la fine, oppure no.",
  "run_workflow.workflow": WORKFLOW,
  "run_workflow.input": 'Ciò che dà il suo avvio; può contenere variabili e `{"cel": "..."}`',
  "run_workflow.wait": "Se il passo attende la fine di quell'esecuzione",
  emit_event: "Racconta un evento: parte ogni flusso `Active` il cui avvio ha quel nome.",
  "emit_event.event": "Il nome dell'evento, da 1 a 200 caratteri; può contenere variabili",
  "emit_event.data":
    'Ciò con cui quelle esecuzioni iniziano, il loro `trigger.output`; può contenere variabili e `{"cel": "..."}`',
  stop: "Termina subito l'esecuzione, qualunque cosa facciano gli altri rami; le attività aperte si chiudono.",
  "stop.status": "Come termina; se manca, `Completed`",
  "stop.message": "Perché; può contenere variabili. Se c'è un'uscita, mettilo lì",
  "stop.output": "L'uscita dell'esecuzione, qualunque valore",
  manual_trigger:
    "Avvia un'esecuzione a mano, da Esegui o con l'API. Ogni flusso si può eseguire a mano; questo avvio dice che non c'è altro modo.",
  "manual_trigger.sample_input": "Un oggetto che riempie la finestra Esegui, e nient'altro",
  "manual_trigger.fields": "I campi della finestra Esegui",
  webhook_trigger:
    "Avvia un'esecuzione per ogni consegna al suo indirizzo, finché il flusso è `Active`. Il mittente prova di conoscere un segreto; la stessa consegna avvia una sola esecuzione, per quante volte arrivi.",
  "webhook_trigger.auth": "Come il mittente prova chi è",
  "webhook_trigger.header":
    "Con `header`, l'intestazione che porta il segreto; con `hmac` e `custom`, quella con la firma",
  "webhook_trigger.secret":
    "Al massimo 1.000 caratteri, `{{ secrets.NAME }}`, o `generate`; serve a `header` e `hmac`",
  "webhook_trigger.preset": "Con `hmac`: di chi è la firma",
  "webhook_trigger.algorithm": CUSTOM,
  "webhook_trigger.encoding": CUSTOM,
  "webhook_trigger.prefix": "Solo con `custom`: ciò che precede la firma, come `sha256=`",
  "webhook_trigger.delivery_id_header": "L'intestazione con l'id della consegna",
  "webhook_trigger.delivery_id_path": "Dove sta l'id nel contenuto, come `event.id`",
  schedule_trigger:
    "L'orologio avvia l'esecuzione: ogni giorno feriale alle nove, ogni quarto d'ora, l'ultimo giorno del mese.",
  "schedule_trigger.cron":
    "Minuto, ora, giorno del mese, mese e giorno della settimana, come `0 9 * * MON-FRI`; al massimo 200 caratteri",
  "schedule_trigger.timezone": "Un nome IANA, come `Europe/Rome`; se manca, `UTC`",
  "schedule_trigger.after_downtime":
    "Che ne è degli istanti in cui niente era in funzione: nessuna esecuzione, o una per l'ultimo",
  event_trigger: "Avvia un'esecuzione quando un'esecuzione di un altro flusso racconta un evento.",
  "event_trigger.event": "Il nome dell'evento, esattamente come viene raccontato; senza variabili",
  "field.name": "Una lettera o `_`, poi lettere, cifre e `_`; unico nel modulo",
  "field.label": "Ciò che si vede; se manca, il nome; può contenere variabili",
  "field.type": "`text`, `textarea`, `number`, `date`",
  "field.required": "Se va compilato",
  "field.help": "Può contenere variabili",
  "field.placeholder": "Può contenere variabili",
  "field.default": "Può contenere variabili; un `number` scritto come testo diventa un numero",
  "field.min": "Compreso",
  "field.max": "Compreso",
  "field.step": "Si conta da `min`, altrimenti da 0",
  "field.min_length": "In caratteri",
  "field.max_length": "In caratteri",
  "field.pattern":
    "Un'espressione regolare per tutto il testo, senza sguardi avanti o indietro né riferimenti",
  "field.pattern_message": "Che cosa dire quando non corrisponde",
  "retry.attempts": "Quante volte in tutto, compresa la prima",
  "retry.delay": "Prima del secondo tentativo, come `5s`",
  "retry.backoff": "Di quanto ogni pausa è più lunga della precedente",
  "retry.max_delay": "La pausa più lunga, come `5m`",
  "retry.jitter": "Di quale parte può variare una pausa, perché molti tentativi non coincidano",
  "retry.on": "Gli errori che meritano un altro tentativo; `any` per tutti",
  "settings.concurrency": "Quante esecuzioni del flusso vanno insieme; le altre attendono in coda",
  "settings.time_limit":
    "Quanto può durare un'esecuzione, come `2h`; il tempo delle persone non conta",
  time_limit: "Quanto può durare, come `10m`, con tutti i tentativi",
};
