-- The tasks that there are events, folds or rows of, after $1, at most $2, by id.
SELECT id FROM (
    (SELECT stream_id AS id FROM snapshots WHERE stream_id > $1 ORDER BY stream_id LIMIT $2)
    UNION (SELECT DISTINCT stream_id FROM log WHERE stream_id > $1 ORDER BY stream_id LIMIT $2)
    UNION (SELECT task_id FROM pending_tasks WHERE task_id > $1 ORDER BY task_id LIMIT $2)
    UNION (SELECT task_id FROM ended_tasks WHERE task_id > $1 ORDER BY task_id LIMIT $2)
    UNION (SELECT task_id FROM task_timeouts WHERE task_id > $1 ORDER BY task_id LIMIT $2)
) AS known ORDER BY id LIMIT $2
