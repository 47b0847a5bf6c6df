-- Give the workflow $1 the status $2 at $3.
UPDATE workflows SET status = $2, updated_at = $3 WHERE id = $1 RETURNING id
