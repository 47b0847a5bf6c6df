-- The timers of the runs $1.
SELECT run_id, node, kind, visit, due_at FROM timers
WHERE run_id = ANY($1::uuid[]) ORDER BY run_id, node, kind LIMIT 100000
