-- Version $2 of the workflow $1: definition $3, at $4, by $5.
INSERT INTO workflow_versions (workflow_id, version, definition, created_at, created_by) VALUES ($1, $2, $3, $4, $5)
