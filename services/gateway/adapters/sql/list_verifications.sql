-- The last verifications, at most $1, the newest first.
SELECT id, started_by, started_at, finished_at, state, scope, progress
FROM verifications ORDER BY started_at DESC, id DESC LIMIT $1
