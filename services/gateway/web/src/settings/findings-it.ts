/** What a verification found, in Italian: by the codes of its texts. A test holds it to be complete. `{name}` stands for
 * the parameter of that name. */

export const SUBJECTS_IT: Record<string, string> = {
  run: "esecuzione {id}",
  task: "attività {id}",
  relay: "relay",
  checkpoint: "punto di controllo {checkpoint}",
  position: "punto di controllo {checkpoint}, posizione {position}",
  "run-counter": "esecuzioni {status} iniziate il {day}",
  "statistics-all": "{table} {hour}, tutti i flussi",
  "statistics-day": "{day}",
  "statistics-step": "{table} {hour}, flusso {workflow}, passo {node}",
  "statistics-workflow": "{table} {hour}, flusso {workflow}",
  "task-counter": "attività di tipo {kind} del flusso {workflow}",
};

export const MESSAGES_IT: Record<string, string> = {
  "chain-broken": "una voce sigillata è stata cambiata o tolta insieme al suo hash",
  "checkpoint-broken": "questo punto di controllo non è quello che era, o non segue il precedente",
  "checkpoint-missing": "questo punto di controllo c'era e non c'è più",
  "closed-not-taken": "è chiusa, ma la sua esecuzione la aspetta ancora",
  "decision-twice": "l'esecuzione ha preso due volte la decisione di una stessa attività",
  "entry-added": "la voce in questa posizione è stata aggiunta dopo",
  "entry-changed": "la voce in questa posizione è stata cambiata",
  "entry-missing": "la voce in questa posizione è stata tolta",
  "event-after-end": "{name} (versione {version}) viene dopo la fine",
  "event-unreadable": "{name} (versione {version}) non si può leggere: {why}",
  "history-differs": "nello storico questi valori non sono quelli dei suoi eventi: {fields}",
  "history-has": "è nello storico, e non dovrebbe",
  "history-lacks": "manca nello storico",
  "inbox-differs": "nell'elenco in attesa questi valori non sono quelli dei suoi eventi: {fields}",
  "inbox-has": "è nell'elenco in attesa, e non dovrebbe",
  "inbox-lacks": "manca nell'elenco in attesa",
  "key-unknown": "è firmato con una chiave sconosciuta",
  "list-differs": "nell'elenco delle esecuzioni questi valori sono sbagliati: {fields}",
  "list-lacks": "manca nell'elenco delle esecuzioni",
  "list-without-run": "l'elenco ha una riga di un'esecuzione senza eventi",
  "lists-without-task": "gli elenchi hanno una riga di un'attività senza eventi",
  "relay-late": "{events} eventi non sono ancora stati comunicati, il più vecchio da {seconds} s",
  "resolved-not-taken": "è decisa, ma la sua esecuzione la aspetta ancora",
  "run-counts": "ne sono contate {counted}, e ce ne sono {present}",
  "signature-wrong": "la sua firma è sbagliata",
  "snapshot-differs": "l'istantanea non è quella che danno i suoi eventi",
  "snapshot-missing": "ci sono eventi e nessuna istantanea",
  "snapshot-version": "l'istantanea è alla versione {version}, il registro alla {last}",
  "snapshot-without-log": "c'è un'istantanea e nessun evento nel registro",
  "statistics-differ":
    "{outcome} ({magnitude}): ne sono contate {counted} in {counted_ms} ms, e il registro ne ha {present} in {present_ms} ms",
  "statistics-not-checked": "i suoi eventi non si sono potuti sommare entro {seconds} s",
  "table-has": "{table} ha {row}, che l'esecuzione non ha",
  "table-lacks": "in {table} manca {row}",
  "taken-at-another-time":
    "l'esecuzione ha preso l'attività {task} come {outcome}, ma fu decisa in un altro momento",
  "taken-otherwise":
    "l'esecuzione ha preso l'attività {task} come {outcome}, ma la decisione era {decided}",
  "taken-undecided":
    "l'esecuzione ha preso l'attività {task} come {outcome}, ma nessuno l'ha decisa ({status})",
  "taken-unknown": "l'esecuzione ha preso l'attività {task} come {outcome}, ma non esiste",
  "task-counts": "i contatori non sono giusti (contate, presenti): {numbers}",
  "task-without-wait": "è aperta, ma nessuna esecuzione la aspetta",
  "timeout-missing": "la sua scadenza non è conservata",
  "timeout-surplus": "è conservata una scadenza che non ha",
  "version-gap": "manca la versione {missing} prima della {version}",
  "wait-left": "waits ha l'attività {task}, la cui esecuzione non aspetta",
  "wait-without-task": "un'esecuzione la aspetta, ma non esiste",
};

export const REMEDIES_IT: Record<string, string> = {
  "compare-sealed":
    "Qualcuno ha cambiato il database, o ne ha ripristinato uno stato precedente: confrontalo con una copia e con le ricevute.",
  "from-backup":
    "Nulla in Flusso lo scrive: conserva una copia del database, cerca chi vi ha scritto e ripristina le righe da una copia.",
  "from-fold":
    "L'esecuzione in sé è giusta, ciò che se ne legge no: segnalalo, e ripristina la riga da una copia o a mano come dice qui.",
  "from-log": "Il registro è intero: segnalalo, e ripristina l'istantanea da una copia o a mano.",
  "look-at-nats":
    "Controlla che NATS risponda e abbia spazio; il relay riprende da solo quando è così.",
  "only-numbers":
    "Sono sbagliati solo i numeri della Dashboard: segnalalo; correggi la riga di run_counts.",
  rebuild: "`flusso rebuild inbox` rifà elenchi e contatori dal registro.",
  reconciler:
    "Il riconciliatore lo ripara entro un minuto e lo conta in flusso_repairs_total; se resta, controlla che engine, tasks e NATS siano pronti (Impostazioni, Stato del sistema).",
  statistics:
    "Sono sbagliati i grafici e nient'altro: esecuzioni e attività non si leggono da lì. Repliche di una versione che non contava ancora lasciano queste lacune, e così un flusso la cui eliminazione fu interrotta (eliminalo di nuovo); altrimenti segnalalo.",
  "statistics-busy":
    "Nulla risulta sbagliato: la giornata ha più eventi di quanti se ne possano sommare in così poco tempo.",
  "trust-key":
    "Se la chiave è stata cambiata, indica la parte pubblica della precedente in FLUSSO_TRUSTED_KEYS.",
};
