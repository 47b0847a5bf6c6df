-- The rows of the runs $1, as far as their folds say them.
SELECT id, workflow_id, workflow_name, version, status, trigger, started_at, finished_at, parent_run_id, parent_node
FROM runs WHERE id = ANY($1::uuid[]) ORDER BY id LIMIT 1000
