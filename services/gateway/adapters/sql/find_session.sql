-- A live session and its user. $1 digest, $2 now.
SELECT sessions.created_at, sessions.last_seen_at, sessions.expires_at, users.id, users.name, users.role
FROM sessions
JOIN users ON users.id = sessions.user_id
WHERE sessions.digest = $1 AND sessions.expires_at > $2
