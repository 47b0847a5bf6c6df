-- The rows of the tasks $1 in inbox and history.
SELECT task_id, workflow_id, kind, 'pending' AS status, created_at AS placed_at, due_at, item,
    tsvector_to_array(words) AS words
FROM pending_tasks WHERE task_id = ANY($1::uuid[])
UNION ALL
SELECT task_id, workflow_id, kind, status, ended_at, NULL, item, tsvector_to_array(words)
FROM ended_tasks WHERE task_id = ANY($1::uuid[])
ORDER BY task_id LIMIT 2000
