-- Version $2 of the workflow $1: definition $3, at $4, by $5, called $6, described $7, written as $8.
INSERT INTO workflow_versions (workflow_id, version, definition, created_at, created_by, name, description, source)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
