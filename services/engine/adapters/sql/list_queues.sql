-- The workflows in whose queues runs wait for a slot, at most $1, and whether each has one free. Looks at one run a workflow, however long the queues are.
WITH RECURSIVE queue (workflow_id) AS (
    (SELECT runs.workflow_id FROM runs WHERE status = 'Queued' AND admitted_at IS NULL ORDER BY runs.workflow_id LIMIT 1)
    UNION ALL
    SELECT (
        SELECT runs.workflow_id FROM runs
        WHERE status = 'Queued' AND admitted_at IS NULL AND runs.workflow_id > queue.workflow_id
        ORDER BY runs.workflow_id LIMIT 1
    ) FROM queue WHERE queue.workflow_id IS NOT NULL
)
SELECT workflows.id, workflows.concurrency IS NULL OR (
        SELECT count(*) FROM (
            SELECT 1 FROM runs WHERE runs.workflow_id = workflows.id AND status = 'Running' LIMIT workflows.concurrency
        ) AS running
    ) + (
        SELECT count(*) FROM runs
        WHERE runs.workflow_id = workflows.id AND status = 'Queued' AND admitted_at IS NOT NULL
    ) < workflows.concurrency AS is_open
FROM queue JOIN workflows ON workflows.id = queue.workflow_id
ORDER BY workflows.id LIMIT $1
