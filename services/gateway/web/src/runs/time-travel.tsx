/** A slider over a run's log: moves the page to the run as it was after any event, and back to now. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { logQuery } from "../api/queries.ts";
import type { RunDetail } from "../api/types.ts";
import { useFormat } from "../i18n/i18n.tsx";
import { withoutHidden } from "../ui/bidi.ts";
import { Icon } from "../ui/icons.tsx";
import { kindOf, nodeOf, pageWith, stepNames } from "./log.ts";
import { useRunWords } from "./words.ts";

/** While the thumb is dragged only where it rests is asked for. */
const REST_MS = 80;

interface Props {
  /** The run as it is now. */
  live: RunDetail;
  at: number | null;
  onMove: (at: number | null) => void;
}

export function TimeTravel({ live, at, onMove }: Props) {
  const { w } = useRunWords();
  const format = useFormat();
  const total = live.sequence;
  const [dragged, setDragged] = useState<number | null>(null);
  const value = Math.min(dragged ?? at ?? total, total);
  const present = at === null && dragged === null;
  const event = useEvent(live, value, present);
  useEffect(() => {
    if (dragged === null) return;
    const timer = window.setTimeout(() => {
      setDragged(null);
      // The end of the log is now, and goes on being it.
      onMove(dragged >= total ? null : dragged);
    }, REST_MS);
    return () => window.clearTimeout(timer);
  }, [dragged, total, onMove]);
  const names = stepNames(live);
  const node = event ? nodeOf(event) : "";
  const said = event ? w.event(kindOf(event), withoutHidden(names[node] ?? node)) : "";
  const place = w.eventOf(format.number(value), format.number(total));
  return (
    <section className={`time-travel ${present ? "" : "past"}`} aria-label={w.moment}>
      <div className="row time-slider">
        <button
          type="button"
          className="icon-only quiet"
          aria-label={w.earlierEvent}
          aria-disabled={value <= 1 || undefined}
          onClick={() => value > 1 && onMove(value - 1)}
        >
          <Icon name="back" />
        </button>
        <input
          type="range"
          min={1}
          max={total}
          value={value}
          aria-label={w.moment}
          aria-valuetext={present ? `${w.now}. ${place}. ${said}` : `${place}. ${said}`}
          onChange={(change) => setDragged(Number(change.target.value))}
        />
        <button
          type="button"
          className="icon-only quiet"
          aria-label={w.laterEvent}
          aria-disabled={value >= total || undefined}
          onClick={() => value < total && onMove(value + 1 >= total ? null : value + 1)}
        >
          <Icon name="forward" />
        </button>
      </div>
      <div className="row between">
        <p className="small">
          {present && <strong>{w.now} · </strong>}
          {place}
          {said && <bdi> · {said}</bdi>}
          {event && (
            <>
              {" · "}
              <time dateTime={event.time} title={format.exact(event.time)}>
                {format.instant(event.time)}
              </time>
            </>
          )}
        </p>
        {!present && (
          <button type="button" className="primary" onClick={() => onMove(null)}>
            {w.backToNow}
          </button>
        )}
      </div>
      {at !== null && <p className="notice tone-info">{w.pastHint}</p>}
    </section>
  );
}

/** Of a run that moves only the newest event is asked for; around a moment of the past a whole page is at hand. */
function useEvent(live: RunDetail, sequence: number, newest: boolean) {
  const page = newest ? { after: sequence - 1, size: 1 } : pageWith(sequence, live.sequence);
  const events = useQuery(logQuery(live.id, page.after, page.size));
  return events.data?.find((event) => event.sequence === sequence);
}
