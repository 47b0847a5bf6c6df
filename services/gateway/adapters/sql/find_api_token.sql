-- A valid API token and its user. $1 digest, $2 now.
SELECT api_tokens.id, api_tokens.name, api_tokens.last_used_at, api_tokens.expires_at,
    users.id AS user_id, users.name AS user_name, users.role
FROM api_tokens
JOIN users ON users.id = api_tokens.user_id
WHERE api_tokens.digest = $1 AND (api_tokens.expires_at IS NULL OR api_tokens.expires_at > $2)
