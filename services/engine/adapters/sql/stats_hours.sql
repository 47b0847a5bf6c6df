-- Runs that started from $1 to $2 (whole hours), of the workflow $3 (null: any), hour by hour.
SELECT hour, sum(runs)::bigint AS runs
FROM (
    SELECT hour, runs FROM run_stats
    WHERE hour >= $1 AND hour < $2 AND outcome = 'Started' AND ($3::uuid IS NULL OR workflow_id = $3)
        AND hour >= (SELECT until_at FROM stats_folded WHERE subject = 'runs')
    UNION ALL
    SELECT hour, runs FROM run_hour_stats
    WHERE $3::uuid IS NULL AND hour >= $1 AND hour < $2 AND outcome = 'Started'
    UNION ALL
    SELECT hour, runs FROM run_start_stats WHERE workflow_id = $3 AND hour >= $1 AND hour < $2
) AS starts
GROUP BY hour ORDER BY hour LIMIT 10000
