-- Leases the oldest arrivals that are due to one forwarder. $1 limit, $2 now, $3 end of the lease.
UPDATE intake SET due_at = $3, attempts = attempts + 1
FROM (
    SELECT run_id FROM intake
    WHERE refused_at IS NULL AND due_at <= $2
    ORDER BY position
    LIMIT $1
    FOR UPDATE SKIP LOCKED
) AS due
WHERE intake.run_id = due.run_id
RETURNING intake.position, intake.run_id, intake.kind, intake.command::text AS command, intake.traceparent,
    intake.attempts
