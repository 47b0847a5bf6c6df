-- Forget statistics of before $1; returns how many rows went.
WITH gone AS (DELETE FROM decision_stats WHERE hour < $1 RETURNING 1) SELECT count(*) FROM gone
