-- Claim schedules due by $1 that nobody has claimed at $2, until $3, the earliest first, at most $4.
UPDATE schedules SET claimed_until = $3
WHERE workflow_id IN (
    SELECT workflow_id FROM schedules
    WHERE next_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $2)
    ORDER BY next_at, workflow_id LIMIT $4 FOR UPDATE SKIP LOCKED
)
RETURNING workflow_id, cron, timezone, after_downtime, next_at
