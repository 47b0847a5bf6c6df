-- Put opened tasks into the inbox: ids $1, runs $2, workflows $3, kinds $4, times $5, items $6, words $7 (each text holds words between U+001F). A row that is there already means a stale fold, which the append then refuses.
INSERT INTO pending_tasks (task_id, run_id, workflow_id, kind, created_at, item, words)
SELECT task_id, run_id, workflow_id, kind, created_at, item::json, array_to_tsvector(string_to_array(words, E'\x1f'))
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::text[], $7::text[])
    AS opened (task_id, run_id, workflow_id, kind, created_at, item, words)
ON CONFLICT ON CONSTRAINT pending_tasks_pkey DO NOTHING
