-- The schedule of the workflow $1: version $2, cron $3, time zone $4, after a downtime $5, next instant $6. One that has not changed keeps its next instant, which may be due.
INSERT INTO schedules AS kept (workflow_id, version, cron, timezone, after_downtime, next_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT ON CONSTRAINT schedules_pkey DO UPDATE SET
    version = excluded.version, cron = excluded.cron, timezone = excluded.timezone,
    after_downtime = excluded.after_downtime,
    next_at = CASE
        WHEN (kept.cron, kept.timezone) = (excluded.cron, excluded.timezone) THEN kept.next_at
        ELSE excluded.next_at
    END
