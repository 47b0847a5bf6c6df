-- How those of the runs $1 that have ended did.
SELECT id, status FROM runs WHERE id = ANY($1::uuid[]) AND finished_at IS NOT NULL LIMIT 5000
