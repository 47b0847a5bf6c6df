-- Which of the tasks $1 are waited for now.
SELECT task_id FROM waits WHERE task_id = ANY($1::uuid[]) LIMIT 5000
