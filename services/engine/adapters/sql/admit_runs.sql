-- Give the free slots of the workflows $1, whose queues are held, to the oldest of their queued runs at $2, at most $3 a workflow.
WITH free AS (
    SELECT workflows.id, CASE WHEN workflows.concurrency IS NULL THEN $3 ELSE least($3, greatest(0,
        workflows.concurrency - (
            SELECT count(*) FROM (
                SELECT 1 FROM runs WHERE runs.workflow_id = workflows.id AND status = 'Running' LIMIT workflows.concurrency
            ) AS running
        ) - (
            SELECT count(*) FROM runs
            WHERE runs.workflow_id = workflows.id AND status = 'Queued' AND admitted_at IS NOT NULL
        )
    )) END AS slots
    FROM workflows WHERE workflows.id = ANY($1::uuid[])
), chosen AS MATERIALIZED (
    SELECT next.id FROM free CROSS JOIN LATERAL (
        SELECT runs.id FROM runs
        WHERE runs.workflow_id = free.id AND status = 'Queued' AND admitted_at IS NULL
        ORDER BY started_at, runs.id LIMIT free.slots FOR UPDATE SKIP LOCKED
    ) AS next
), admitted AS (
    UPDATE runs SET admitted_at = $2 FROM chosen WHERE runs.id = chosen.id
    RETURNING runs.id, runs.started_at
)
SELECT id FROM admitted ORDER BY started_at, id LIMIT 100000
