-- A new Draft: id $1, name $2, description $3, steps $4, trigger $5, digest of the request $6, now $7, runs at once $8. Nothing if the id exists.
INSERT INTO workflows (id, name, description, status, version, steps, trigger_type, request_digest, created_at, updated_at, concurrency)
VALUES ($1, $2, $3, 'Draft', 1, $4, $5, $6, $7, $7, $8) ON CONFLICT ON CONSTRAINT workflows_pkey DO NOTHING RETURNING id
