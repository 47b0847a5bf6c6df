-- A page of workflows, last changed first: text $1, status $2 (null: any), after ($3, $4), at most $5.
SELECT w.id, w.name, w.description, w.status, w.version, w.steps, w.trigger_type, w.created_at, w.updated_at,
    last.id AS last_id, last.status AS last_status, last.started_at AS last_started_at,
    CASE WHEN w.trigger_type = 'schedule_trigger' THEN (
        SELECT v.definition #> '{trigger,config}' FROM workflow_versions AS v
        WHERE v.workflow_id = w.id AND v.version = w.version LIMIT 1
    ) END AS schedule
FROM workflows AS w
LEFT JOIN LATERAL (
    SELECT id, status, started_at FROM runs WHERE workflow_id = w.id ORDER BY started_at DESC, id DESC LIMIT 1
) AS last ON true
WHERE ($1::text IS NULL OR position(lower($1) IN lower(w.name || ' ' || w.description)) > 0)
    AND ($2::text IS NULL OR w.status = $2)
    AND ($3::timestamptz IS NULL OR (w.updated_at, w.id) < ($3, $4::uuid))
ORDER BY w.updated_at DESC, w.id DESC LIMIT $5
