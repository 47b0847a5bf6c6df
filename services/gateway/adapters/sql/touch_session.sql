-- Remembers that a session was used. $1 digest, $2 now, $3 when it ends.
UPDATE sessions SET last_seen_at = $2, expires_at = $3 WHERE digest = $1
