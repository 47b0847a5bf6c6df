-- One run ($1) with the definition of its version.
SELECT runs.id, runs.workflow_id, runs.workflow_name, runs.version, runs.status, runs.trigger, runs.started_at,
    runs.finished_at, runs.error, runs.parent_run_id, runs.parent_node, workflow_versions.definition
FROM runs JOIN workflow_versions
    ON workflow_versions.workflow_id = runs.workflow_id AND workflow_versions.version = runs.version
WHERE runs.id = $1 LIMIT 1
