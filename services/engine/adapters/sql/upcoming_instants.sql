-- The instants after $1 and until $2 at which schedules are due, the earliest first, at most $3.
SELECT DISTINCT next_at FROM schedules WHERE next_at > $1 AND next_at <= $2 ORDER BY next_at LIMIT $3
