-- Runs by bucket, outcome and magnitude: from $1 to $2 (whole hours), workflow $3 (null: any), by buckets that begin at the times $4; what is before the first of them is bucket 0. Of any workflow, ends of old days are those of all together.
WITH kept AS MATERIALIZED (
    SELECT hour, outcome, magnitude, sum(runs)::bigint AS runs, sum(duration_ms)::bigint AS duration_ms
    FROM run_stats WHERE hour >= $1 AND hour < $2 AND workflow_id = $3
    GROUP BY hour, outcome, magnitude
    UNION ALL
    SELECT hour, outcome, magnitude, sum(runs)::bigint, sum(duration_ms)::bigint
    FROM run_stats
    WHERE $3::uuid IS NULL AND hour >= $1 AND hour < $2
        AND (outcome = 'Started' OR hour >= (SELECT until_at FROM stats_folded))
    GROUP BY hour, outcome, magnitude
    UNION ALL
    SELECT hour, outcome, magnitude, runs, duration_ms FROM run_hour_stats
    WHERE $3::uuid IS NULL AND hour >= $1 AND hour < $2
)
SELECT width_bucket(hour, $4::timestamptz[]) AS bucket, outcome, magnitude, sum(runs)::bigint AS runs,
    sum(duration_ms)::bigint AS duration_ms
FROM kept GROUP BY bucket, outcome, magnitude ORDER BY bucket, outcome, magnitude LIMIT 100000
