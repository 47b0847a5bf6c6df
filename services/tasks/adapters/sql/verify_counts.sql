-- Where the counters of tasks differ from the tasks that there are, at most a hundred.
WITH present AS (
    SELECT workflow_id, kind, count(*) AS opened, count(*) FILTER (WHERE status = 'resolved') AS resolved,
        count(*) FILTER (WHERE status = 'closed') AS closed
    FROM (
        SELECT workflow_id, kind, 'pending' AS status FROM pending_tasks
        UNION ALL SELECT workflow_id, kind, status FROM ended_tasks
    ) AS tasks GROUP BY workflow_id, kind
)
SELECT coalesce(counts.workflow_id, present.workflow_id) AS workflow_id, coalesce(counts.kind, present.kind) AS kind,
    coalesce(counts.opened, 0) AS counted_opened, coalesce(counts.resolved, 0) AS counted_resolved,
    coalesce(counts.closed, 0) AS counted_closed, coalesce(present.opened, 0) AS opened,
    coalesce(present.resolved, 0) AS resolved, coalesce(present.closed, 0) AS closed
FROM task_counts AS counts
FULL JOIN present ON counts.workflow_id = present.workflow_id AND counts.kind = present.kind
WHERE (coalesce(counts.opened, 0), coalesce(counts.resolved, 0), coalesce(counts.closed, 0))
    <> (coalesce(present.opened, 0), coalesce(present.resolved, 0), coalesce(present.closed, 0))
ORDER BY workflow_id, kind LIMIT 100
