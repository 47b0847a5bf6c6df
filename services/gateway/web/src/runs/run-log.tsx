/** The log behind a run: what happened, when, and by whom; each event whole, as a CloudEvent. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { logQuery } from "../api/queries.ts";
import type { Json, LogEvent, RunDetail } from "../api/types.ts";
import { useFormat } from "../i18n/i18n.tsx";
import { JsonView } from "../ui/json-tree.tsx";
import { LoadError, Loading } from "../ui/states.tsx";
import { UserText } from "../ui/text.tsx";
import { actorOf, EVENTS_SHOWN, kindOf, nodeOf, pageWith, stepNames } from "./log.ts";
import { useRunWords } from "./words.ts";

interface Props {
  /** The run as it is now. */
  live: RunDetail;
  at: number | null;
  onChoose: (sequence: number, node: string) => void;
}

export default function RunLog({ live, at, onChoose }: Props) {
  const { w } = useRunWords();
  const format = useFormat();
  const total = live.sequence;
  const [turned, setTurned] = useState<{ at: number | null; to: number } | null>(null);
  // A page that was turned to stays until the slider moves.
  const wanted = turned?.at === at ? turned.to : (at ?? total);
  const page = pageWith(Math.min(wanted, total), total);
  const events = useQuery(logQuery(live.id, page.after, page.size));
  const names = stepNames(live);
  if (events.isError) return <LoadError error={events.error} />;
  if (!events.data) return <Loading lines={4} />;
  const turn = (to: number) => setTurned({ at, to });
  const [first, last] = [page.after + 1, page.after + page.size];
  return (
    <>
      <ol className="plain run-log" aria-label={w.events} aria-busy={events.isPlaceholderData}>
        {events.data.map((event) => (
          <li key={event.id} className={event.sequence === at ? "chosen" : ""}>
            <LogLine
              event={event}
              name={names[nodeOf(event)] ?? nodeOf(event)}
              chosen={event.sequence === at}
              onChoose={() => onChoose(event.sequence, nodeOf(event))}
            />
          </li>
        ))}
      </ol>
      {total > EVENTS_SHOWN && (
        <div className="row between">
          <button
            type="button"
            aria-disabled={first <= 1 || undefined}
            onClick={() => first > 1 && turn(page.after)}
          >
            {w.earlier}
          </button>
          <span className="small">
            {w.range(format.number(first), format.number(last), format.number(total))}
          </span>
          <button
            type="button"
            aria-disabled={last >= total || undefined}
            onClick={() => last < total && turn(last + 1)}
          >
            {w.later}
          </button>
        </div>
      )}
    </>
  );
}

interface LineProps {
  event: LogEvent;
  name: string;
  chosen: boolean;
  onChoose: () => void;
}

function LogLine({ event, name, chosen, onChoose }: LineProps) {
  const { w } = useRunWords();
  const format = useFormat();
  const [open, setOpen] = useState(false);
  const actor = actorOf(event);
  return (
    <>
      <button
        type="button"
        className="log-line"
        aria-pressed={chosen}
        data-sequence={event.sequence}
        onClick={onChoose}
      >
        <span className="muted mono">{event.sequence}</span>
        <span className="log-words">
          <UserText text={w.event(kindOf(event), name)} />
        </span>
        <span className="muted small">
          <time dateTime={event.time} title={format.exact(event.time)}>
            {format.instant(event.time)}
          </time>{" "}
          · {actor === null ? w.byFlusso : <UserText text={actor} />}
        </span>
      </button>
      <details open={open} onToggle={(toggle) => setOpen(toggle.currentTarget.open)}>
        <summary>
          {w.showEvent} <span className="mono">{event.type}</span>
        </summary>
        {open && <JsonView value={event as unknown as Json} name={event.id} />}
      </details>
    </>
  );
}
