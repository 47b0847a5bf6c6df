-- Keeps a sign-in link. $1 digest, $2 user, $3 now, $4 expires at.
INSERT INTO sign_in_links (digest, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)
