-- Write tasks into the tables beside, and count them: $1 to $10 (ids, runs, workflows, kinds, statuses, times, items, words between U+001F, due dates, timeouts).
WITH given AS (
    SELECT task_id, run_id, workflow_id, kind, status, at, item::json AS item,
        array_to_tsvector(string_to_array(words, E'\x1f')) AS words, due_at, timeout_at
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::text[],
                $9::timestamptz[], $10::timestamptz[])
        AS given (task_id, run_id, workflow_id, kind, status, at, item, words, due_at, timeout_at)
), pending AS (
    INSERT INTO rebuilt_pending_tasks (task_id, run_id, workflow_id, kind, created_at, due_at, item, words)
    SELECT task_id, run_id, workflow_id, kind, at, due_at, item, words FROM given WHERE status = 'pending'
    RETURNING 1
), ended AS (
    INSERT INTO rebuilt_ended_tasks (task_id, workflow_id, kind, status, ended_at, item, words)
    SELECT task_id, workflow_id, kind, status, at, item, words FROM given WHERE status <> 'pending'
    RETURNING 1
), timed AS (
    INSERT INTO rebuilt_task_timeouts (task_id, fires_at)
    SELECT task_id, timeout_at FROM given WHERE timeout_at IS NOT NULL
    RETURNING 1
)
INSERT INTO rebuilt_task_counts AS counts (workflow_id, kind, opened, resolved, closed)
SELECT workflow_id, kind, count(*), count(*) FILTER (WHERE status = 'resolved'),
    count(*) FILTER (WHERE status = 'closed')
FROM given GROUP BY workflow_id, kind ORDER BY workflow_id, kind
ON CONFLICT (workflow_id, kind) DO UPDATE SET
    opened = counts.opened + excluded.opened,
    resolved = counts.resolved + excluded.resolved,
    closed = counts.closed + excluded.closed
