-- Runs by bucket, outcome and magnitude: from $1 to $2 (whole hours), workflow $3 (null: any), by buckets that begin at the times $4; what is before the first of them is bucket 0.
WITH kept AS MATERIALIZED (
    SELECT hour, outcome, magnitude, sum(runs)::bigint AS runs, sum(duration_ms)::bigint AS duration_ms
    FROM run_stats WHERE hour >= $1 AND hour < $2 AND ($3::uuid IS NULL OR workflow_id = $3)
    GROUP BY hour, outcome, magnitude
)
SELECT width_bucket(hour, $4::timestamptz[]) AS bucket, outcome, magnitude, sum(runs)::bigint AS runs,
    sum(duration_ms)::bigint AS duration_ms
FROM kept GROUP BY bucket, outcome, magnitude ORDER BY bucket, outcome, magnitude LIMIT 100000
