/** When the clock starts a workflow: in words, and its next instants in the viewer's zone. */
import type { Schedule, WorkflowStatus } from "../api/types.ts";
import { useFormat, useT } from "../i18n/i18n.tsx";
import { shownZone } from "../i18n/preferences.ts";
import { useNow } from "../ui/clock.ts";

/** The words and, while the workflow is active, when the next run comes: one line of a list. */
export function ScheduleLine({ schedule, status }: { schedule: Schedule; status: WorkflowStatus }) {
  const t = useT();
  const format = useFormat();
  const now = useNow();
  const next = status === "Active" ? upcoming(schedule, now)[0] : undefined;
  return (
    <p className="muted small schedule">
      <Words schedule={schedule} />
      {next && (
        <>
          {" · "}
          <time dateTime={next} title={format.exact(next)}>
            {t.schedule.next(format.ahead(next, now))}
          </time>
        </>
      )}
    </p>
  );
}

/** The same with the next instants, beside the text that says them. */
export function ScheduleCard({ schedule, active }: { schedule: Schedule; active: boolean }) {
  const t = useT();
  const format = useFormat();
  const now = useNow();
  return (
    <section className="card schedule" aria-labelledby="schedule-title">
      <h2 id="schedule-title">{t.schedule.title}</h2>
      <p>
        <Words schedule={schedule} /> <code>{schedule.cron}</code>
      </p>
      {!active && <p className="muted">{t.schedule.inactive}</p>}
      <ol className="plain" aria-label={t.schedule.instants}>
        {upcoming(schedule, now).map((instant) => (
          <li key={instant}>
            <time dateTime={instant} title={format.exact(instant)}>
              {format.day(instant)}
            </time>{" "}
            <span className="muted">{format.ahead(instant, now)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** In English, as the server writes them; the zone is said where it is not the viewer's. */
function Words({ schedule }: { schedule: Schedule }) {
  const t = useT();
  return (
    <>
      <span lang="en">{schedule.words}</span>
      {schedule.timezone !== shownZone() && ` (${t.schedule.zone(schedule.timezone)})`}
    </>
  );
}

export function upcoming(schedule: Schedule, now: number): string[] {
  return schedule.next.filter((instant) => Date.parse(instant) > now);
}
