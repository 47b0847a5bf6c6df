-- When the secrets of the workflow $1 that are taken at $2 were made and expire, newest first.
SELECT created_at, created_by, expires_at FROM webhook_secrets
WHERE workflow_id = $1 AND (expires_at IS NULL OR expires_at > $2)
ORDER BY expires_at IS NOT NULL, created_at DESC, id DESC LIMIT 100
