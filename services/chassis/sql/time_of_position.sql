-- When the first event from position $1 on happened.
SELECT occurred_at FROM log WHERE position >= $1 ORDER BY position LIMIT 1
