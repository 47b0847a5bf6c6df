-- The verification $1.
SELECT id, started_by, started_at, finished_at, state, scope, progress FROM verifications WHERE id = $1 LIMIT 1
