-- Runs that started from $1 to $2 (whole hours), of the workflow $3 (null: any), hour by hour.
SELECT hour, sum(runs)::bigint AS runs FROM run_stats
WHERE hour >= $1 AND hour < $2 AND outcome = 'Started' AND ($3::uuid IS NULL OR workflow_id = $3)
GROUP BY hour ORDER BY hour LIMIT 10000
