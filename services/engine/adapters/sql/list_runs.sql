-- A page of runs, newest first: workflow $1, status $2, trigger $3, text in the workflow's name $4 (each null: any), after ($5, $6), at most $7, without runs that others started if $8.
SELECT id, workflow_id, workflow_name, version, status, trigger, started_at, finished_at, error, parent_run_id,
    parent_node
FROM runs
WHERE ($1::uuid IS NULL OR workflow_id = $1) AND ($2::text IS NULL OR status = $2)
    AND ($3::text IS NULL OR trigger = $3)
    AND ($4::text IS NULL OR position(lower($4) IN lower(workflow_name)) > 0 OR id::text = lower($4))
    AND (NOT $8::boolean OR parent_run_id IS NULL)
    AND ($5::timestamptz IS NULL OR (started_at, id) < ($5, $6::uuid))
ORDER BY started_at DESC, id DESC LIMIT $7
