-- Forget all verifications but the last $1.
DELETE FROM verifications WHERE state <> 'running' AND id NOT IN (
    SELECT id FROM verifications ORDER BY started_at DESC, id DESC LIMIT $1
)
