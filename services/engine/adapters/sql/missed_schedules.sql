-- Schedules whose next instant came by $1, after the workflow $2, at most $3.
SELECT workflow_id, cron, timezone, after_downtime, next_at FROM schedules
WHERE next_at <= $1 AND workflow_id > $2 ORDER BY workflow_id LIMIT $3
