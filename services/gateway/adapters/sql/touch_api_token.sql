-- Remembers that an API token was used. $1 id, $2 now.
UPDATE api_tokens SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)
