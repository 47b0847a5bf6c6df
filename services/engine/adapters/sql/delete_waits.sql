-- The tasks $1 are no longer waited for.
DELETE FROM waits WHERE task_id = ANY($1::uuid[])
