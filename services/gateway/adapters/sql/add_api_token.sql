-- Keeps an API token, or nothing if its id is taken.
-- $1 id, $2 digest, $3 user, $4 name, $5 created at, $6 expires at, $7 digest of the request.
INSERT INTO api_tokens (id, digest, user_id, name, created_at, expires_at, request_digest)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT ON CONSTRAINT api_tokens_pkey DO NOTHING
