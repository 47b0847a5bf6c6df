-- Those of the tasks $1 that have a timeout.
SELECT task_id FROM task_timeouts WHERE task_id = ANY($1::uuid[]) ORDER BY task_id LIMIT 1000
