-- The workflow $1 with the definition and the name of version $2, or of the current one if $2 is null, and its newest run.
SELECT w.id, w.status, v.version, w.steps, w.trigger_type, w.created_at, w.updated_at, v.definition, v.source,
    CASE WHEN $2::integer IS NULL THEN w.name ELSE coalesce(v.name, w.name) END AS name,
    CASE WHEN $2 IS NULL THEN w.description ELSE coalesce(v.description, w.description) END AS description,
    w.request_digest, last.id AS last_id, last.status AS last_status, last.started_at AS last_started_at,
    CASE WHEN v.definition #>> '{trigger,type}' = 'schedule_trigger' THEN v.definition #> '{trigger,config}' END AS schedule
FROM workflows AS w
JOIN workflow_versions AS v ON v.workflow_id = w.id AND v.version = coalesce($2::integer, w.version)
LEFT JOIN LATERAL (
    SELECT id, status, started_at FROM runs WHERE workflow_id = w.id ORDER BY started_at DESC, id DESC LIMIT 1
) AS last ON true
WHERE w.id = $1 LIMIT 1
