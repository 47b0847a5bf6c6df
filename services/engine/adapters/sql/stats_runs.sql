-- Runs from $1 to $2 (whole hours), of the workflow $3 (null: any), by buckets that begin at the times $4; what is before the first of them is bucket 0. Rows of magnitude -1 say how many took which outcome and how long together, all others how many took how long, whatever became of them.
WITH kept AS MATERIALIZED (
    SELECT width_bucket(hour, $4::timestamptz[]) AS bucket, outcome, magnitude, sum(runs)::bigint AS runs,
        sum(duration_ms)::bigint AS duration_ms
    FROM (
        SELECT hour, outcome, magnitude, runs, duration_ms FROM run_stats
        WHERE hour >= $1 AND hour < $2 AND workflow_id = $3
        UNION ALL
        SELECT hour, outcome, magnitude, runs, duration_ms FROM run_stats
        WHERE $3::uuid IS NULL AND hour >= $1 AND hour < $2
            AND hour >= (SELECT until_at FROM stats_folded WHERE subject = 'runs')
        UNION ALL
        SELECT hour, outcome, magnitude, runs, duration_ms FROM run_hour_stats
        WHERE $3::uuid IS NULL AND hour >= $1 AND hour < $2
    ) AS hours
    GROUP BY 1, outcome, magnitude
)
SELECT bucket, outcome, -1 AS magnitude, sum(runs)::bigint AS runs, sum(duration_ms)::bigint AS duration_ms
FROM kept WHERE outcome <> 'Ended' GROUP BY bucket, outcome
UNION ALL
SELECT bucket, 'Ended', magnitude, sum(runs)::bigint, 0
FROM kept WHERE outcome <> 'Started' AND magnitude >= 0 GROUP BY bucket, magnitude
LIMIT 100000
