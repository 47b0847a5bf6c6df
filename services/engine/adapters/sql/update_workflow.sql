-- The next version of the workflow $1: name $2, description $3, version $4, steps $5, trigger $6, now $7, runs at once $8.
UPDATE workflows SET name = $2, description = $3, version = $4, steps = $5, trigger_type = $6, updated_at = $7, concurrency = $8 WHERE id = $1
