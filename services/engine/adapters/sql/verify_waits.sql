-- Those of the waits for the tasks $1 that there are.
SELECT task_id, run_id FROM waits WHERE task_id = ANY($1::uuid[]) ORDER BY task_id LIMIT 100000
