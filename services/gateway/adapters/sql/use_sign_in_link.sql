-- Spends a sign-in link and begins its session, both or neither. $1 link, $2 session, $3 now, $4 session ends at.
WITH used AS (
    UPDATE sign_in_links SET used_at = $3
    WHERE digest = $1 AND used_at IS NULL AND expires_at > $3
    RETURNING user_id
), begun AS (
    INSERT INTO sessions (digest, user_id, created_at, last_seen_at, expires_at)
    SELECT $2, user_id, $3, $3, $4 FROM used
    RETURNING user_id
)
SELECT users.id, users.name, users.role FROM begun JOIN users ON users.id = begun.user_id
