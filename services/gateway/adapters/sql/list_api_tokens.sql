-- The API tokens of a user, newest first. $1 user, $2 limit.
SELECT id, name, created_at, last_used_at, expires_at
FROM api_tokens
WHERE user_id = $1
ORDER BY created_at DESC, id
LIMIT $2
