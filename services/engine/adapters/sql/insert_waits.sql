-- Runs $2 ask people by the tasks $1 since $3.
INSERT INTO waits (task_id, run_id, opened_at) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[])
