-- The secrets of the workflows $1 that are taken at $2, newest first.
SELECT workflow_id, ciphertext, expires_at FROM webhook_secrets
WHERE workflow_id = ANY($1::uuid[]) AND (expires_at IS NULL OR expires_at > $2)
ORDER BY workflow_id, created_at DESC, id DESC LIMIT 10000
