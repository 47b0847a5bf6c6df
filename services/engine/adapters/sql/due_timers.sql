-- Timers due by $1, the earliest first, at most $2.
SELECT run_id, node, kind, visit, attempt, due_at FROM timers WHERE due_at <= $1 ORDER BY due_at LIMIT $2
