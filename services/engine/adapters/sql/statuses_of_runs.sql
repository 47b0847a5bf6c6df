-- How those of the runs $1 did that ended before $2.
SELECT id, status FROM runs WHERE id = ANY($1::uuid[]) AND finished_at < $2 LIMIT 5000
