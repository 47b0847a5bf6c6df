-- Take the tasks $1 out of the tables beside, and out of their counters.
WITH pending AS (
    DELETE FROM rebuilt_pending_tasks WHERE task_id = ANY($1::uuid[]) RETURNING workflow_id, kind
), ended AS (
    DELETE FROM rebuilt_ended_tasks WHERE task_id = ANY($1::uuid[]) RETURNING workflow_id, kind, status
), timed AS (
    DELETE FROM rebuilt_task_timeouts WHERE task_id = ANY($1::uuid[]) RETURNING 1
), gone AS (
    SELECT workflow_id, kind, count(*) AS opened, count(*) FILTER (WHERE status = 'resolved') AS resolved,
        count(*) FILTER (WHERE status = 'closed') AS closed
    FROM (SELECT workflow_id, kind, 'pending' AS status FROM pending UNION ALL SELECT * FROM ended) AS tasks
    GROUP BY workflow_id, kind
)
UPDATE rebuilt_task_counts AS counts
SET opened = counts.opened - gone.opened, resolved = counts.resolved - gone.resolved, closed = counts.closed - gone.closed
FROM gone WHERE counts.workflow_id = gone.workflow_id AND counts.kind = gone.kind
