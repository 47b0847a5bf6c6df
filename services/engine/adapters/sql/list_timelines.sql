-- A page of runs that were under way between $1 and $2, the newest first: of the workflow $3 (null: any), after ($4, $5), at most $6. Long runs that have ended, and live ones, are found by indexes of their own.
WITH found AS (
    (
        SELECT id FROM runs
        WHERE $3::uuid IS NULL AND started_at >= $1::timestamptz - interval '1 hour' AND started_at < $2::timestamptz
            AND (finished_at IS NULL OR finished_at >= $1)
            AND ($4::timestamptz IS NULL OR (started_at, id) < ($4, $5::uuid))
        ORDER BY started_at DESC, id DESC LIMIT $6
    ) UNION (
        SELECT id FROM runs
        WHERE workflow_id = $3 AND started_at >= $1::timestamptz - interval '1 hour' AND started_at < $2
            AND (finished_at IS NULL OR finished_at >= $1)
            AND ($4::timestamptz IS NULL OR (started_at, id) < ($4, $5::uuid))
        ORDER BY started_at DESC, id DESC LIMIT $6
    ) UNION (
        SELECT id FROM runs
        WHERE finished_at - started_at > interval '1 hour' AND finished_at >= $1
            AND started_at < $1::timestamptz - interval '1 hour' AND ($3::uuid IS NULL OR workflow_id = $3)
            AND ($4::timestamptz IS NULL OR (started_at, id) < ($4, $5::uuid))
        ORDER BY started_at DESC, id DESC LIMIT $6
    ) UNION (
        SELECT live.id FROM workflows CROSS JOIN LATERAL (
            SELECT id, started_at FROM runs
            WHERE workflow_id = workflows.id AND finished_at IS NULL AND started_at < $1::timestamptz - interval '1 hour'
                AND ($4::timestamptz IS NULL OR (started_at, id) < ($4, $5::uuid))
            ORDER BY started_at DESC, id DESC LIMIT $6
        ) AS live
        WHERE $3::uuid IS NULL OR workflows.id = $3
        ORDER BY live.started_at DESC, live.id DESC LIMIT $6
    )
)
SELECT id, workflow_id, workflow_name, version, status, trigger, started_at, finished_at, parent_run_id
FROM found JOIN runs USING (id) ORDER BY started_at DESC, id DESC LIMIT $6
