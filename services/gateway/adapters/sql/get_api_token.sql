-- An API token by its id, with the digest of the request that made it. $1 id.
SELECT id, name, created_at, last_used_at, expires_at, request_digest FROM api_tokens WHERE id = $1
