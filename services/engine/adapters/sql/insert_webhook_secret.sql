-- The current secret of the workflow $2: id $1, encrypted $3, at $4, by $5.
INSERT INTO webhook_secrets (id, workflow_id, ciphertext, created_at, created_by) VALUES ($1, $2, $3, $4, $5)
