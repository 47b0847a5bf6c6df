-- Runs that were admitted before $1 and have not started, at most $2.
SELECT id FROM runs WHERE status = 'Queued' AND admitted_at IS NOT NULL AND admitted_at < $1 ORDER BY admitted_at, id LIMIT $2
