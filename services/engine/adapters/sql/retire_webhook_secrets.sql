-- Let the current secret of the workflow $1 end at $2; drop those that have ended by $3, and all but the newest $4.
WITH kept AS (
    SELECT id FROM webhook_secrets
    WHERE workflow_id = $1 AND $2::timestamptz > $3::timestamptz AND (expires_at IS NULL OR expires_at > $3)
    ORDER BY created_at DESC, id DESC LIMIT $4
), dropped AS (
    DELETE FROM webhook_secrets WHERE workflow_id = $1 AND id NOT IN (SELECT id FROM kept)
)
UPDATE webhook_secrets SET expires_at = least(coalesce(expires_at, $2), $2) WHERE id IN (SELECT id FROM kept)
RETURNING expires_at
