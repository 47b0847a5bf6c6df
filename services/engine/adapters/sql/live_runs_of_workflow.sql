-- Runs of the workflow $1 that have not ended, at most $2.
SELECT id FROM runs WHERE workflow_id = $1 AND finished_at IS NULL ORDER BY started_at DESC, id DESC LIMIT $2
