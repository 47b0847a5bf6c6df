-- Workflows with failures since $1 (of the last 2,000 failures), the most failing first, at most $2.
SELECT workflow_id, (array_agg(workflow_name ORDER BY finished_at DESC))[1] AS workflow_name, count(*)::integer AS failed,
    max(finished_at) AS last_failed_at, (array_agg(error::text ORDER BY finished_at DESC))[1] AS last_error
FROM (
    SELECT workflow_id, workflow_name, finished_at, error FROM runs
    WHERE status = 'Failed' AND finished_at > $1 ORDER BY finished_at DESC LIMIT 2000
) AS recent
GROUP BY workflow_id ORDER BY failed DESC, last_failed_at DESC LIMIT $2
