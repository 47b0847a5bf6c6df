-- The first $5 workflows by $4 (failures, duration or runs) from $1 to $2 (whole hours), of them $3 alone if it is given, in order of their places. Rows of magnitude -1 say how many runs took which outcome and how long together, all others how many took how long. Failures are ranked by the lower bound (90 %, Wilson) of the rate of failure, so that one of one does not come before ninety of a hundred.
WITH kept AS MATERIALIZED (
    SELECT workflow_id, outcome, sum(runs)::bigint AS runs, sum(duration_ms)::bigint AS duration_ms
    FROM (
        SELECT workflow_id, outcome, runs, duration_ms FROM run_stats
        WHERE hour >= $1 AND hour < $2 AND magnitude < 0
        UNION ALL
        SELECT workflow_id, outcome, runs, duration_ms FROM run_stats
        WHERE hour >= greatest($1, (SELECT until_at FROM stats_folded WHERE subject = 'runs')) AND hour < $2
    ) AS whole
    WHERE $3::uuid IS NULL OR workflow_id = $3
    GROUP BY workflow_id, outcome
), totals AS (
    SELECT workflow_id, coalesce(sum(runs) FILTER (WHERE outcome = 'Started'), 0)::float8 AS started,
        coalesce(sum(runs) FILTER (WHERE outcome IN ('Failed', 'Rejected')), 0)::float8 AS failed,
        coalesce(sum(runs) FILTER (WHERE outcome IN ('Completed', 'Failed', 'Rejected')), 0)::float8 AS judged,
        sum(duration_ms)::float8 / nullif(sum(runs) FILTER (WHERE outcome <> 'Started'), 0)::float8 AS mean
    FROM kept GROUP BY workflow_id
), ranked AS (
    SELECT workflow_id, started, failed, CASE $4::text
        WHEN 'failures' THEN (
            failed / judged + 1.353 / judged
            - 1.645 * sqrt(failed / judged * (1 - failed / judged) / judged + 0.6765 / judged ^ 2)
        ) / (1 + 2.706 / judged)
        WHEN 'duration' THEN mean
        ELSE started
    END AS rank
    FROM totals WHERE ($4 <> 'failures' OR failed > 0) AND ($4 <> 'duration' OR mean IS NOT NULL)
), chosen AS MATERIALIZED (
    SELECT workflow_id, row_number() OVER (ORDER BY rank DESC, started DESC, workflow_id) AS place
    FROM ranked ORDER BY place LIMIT $5
), told AS (
    SELECT workflow_id, outcome, -1 AS magnitude, runs, duration_ms FROM kept
    UNION ALL
    SELECT chosen.workflow_id, 'Ended', spread.magnitude, spread.runs, 0
    FROM chosen CROSS JOIN LATERAL (
        SELECT magnitude, sum(runs)::bigint AS runs FROM run_stats
        WHERE run_stats.workflow_id = chosen.workflow_id AND hour >= $1 AND hour < $2
            AND outcome <> 'Started' AND magnitude >= 0
        GROUP BY magnitude
    ) AS spread
)
SELECT place, workflow_id, workflows.name AS workflow_name, outcome, magnitude, runs, duration_ms
FROM chosen JOIN told USING (workflow_id) JOIN workflows ON workflows.id = workflow_id
ORDER BY place, outcome, magnitude LIMIT 100000
