-- Where the statistics of runs of the day (UTC) that begins at $1 are not what the events at the positions $2 to $3 say, at most a hundred. Hours of all workflows together keep what was counted of workflows that are deleted: of them only too little is wrong.
WITH told AS (
    SELECT hour_of(log.occurred_at) AS hour, runs.workflow_id,
        CASE
            WHEN log.version = 1 THEN 'Started'
            WHEN log.type = 'flusso.run.completed' THEN 'Completed'
            WHEN log.type = 'flusso.run.cancelled' THEN 'Cancelled'
            WHEN log.data ->> 'reason' = 'rejected' THEN 'Rejected'
            ELSE 'Failed'
        END AS outcome,
        CASE WHEN log.version = 1 THEN 0 ELSE duration_ms(runs.started_at, log.occurred_at) END AS milliseconds
    FROM log JOIN runs ON runs.id = log.stream_id
    WHERE log.position BETWEEN $2 AND $3 AND log.occurred_at >= $1 AND log.occurred_at < $1 + interval '24 hours'
        AND (log.version = 1 OR log.type IN ('flusso.run.completed', 'flusso.run.failed', 'flusso.run.cancelled'))
), hours AS MATERIALIZED (
    SELECT hour, workflow_id, outcome, duration_magnitude(milliseconds) AS magnitude, count(*) AS number,
        sum(milliseconds)::bigint AS milliseconds
    FROM told GROUP BY 1, 2, 3, 4
), folded AS (
    SELECT until_at > $1 AS is_so FROM stats_folded WHERE subject = 'runs'
), present AS (
    SELECT 'run_stats' AS stats, hour, workflow_id, outcome, magnitude, number, milliseconds
    FROM hours WHERE NOT (SELECT is_so FROM folded)
    UNION ALL
    SELECT 'run_stats', $1, workflow_id, outcome, -1, sum(number)::bigint, sum(milliseconds)::bigint
    FROM hours WHERE (SELECT is_so FROM folded) GROUP BY workflow_id, outcome
    UNION ALL
    SELECT 'run_stats', $1, workflow_id, 'Ended', magnitude, sum(number)::bigint, 0
    FROM hours WHERE (SELECT is_so FROM folded) AND outcome <> 'Started' GROUP BY workflow_id, magnitude
    UNION ALL
    SELECT 'run_start_stats', hour, workflow_id, 'Started', 0, number, 0
    FROM hours WHERE (SELECT is_so FROM folded) AND outcome = 'Started'
), counted AS (
    SELECT 'run_stats' AS stats, hour, workflow_id, outcome, magnitude, runs AS number, duration_ms AS milliseconds
    FROM run_stats WHERE hour >= $1 AND hour < $1 + interval '24 hours'
    UNION ALL
    SELECT 'run_start_stats', hour, workflow_id, 'Started', 0, runs, 0
    FROM run_start_stats WHERE hour >= $1 AND hour < $1 + interval '24 hours'
), together AS (
    SELECT hour, outcome, -1 AS magnitude, sum(number)::bigint AS number, sum(milliseconds)::bigint AS milliseconds
    FROM hours WHERE (SELECT is_so FROM folded) GROUP BY hour, outcome
    UNION ALL
    SELECT hour, 'Ended', magnitude, sum(number)::bigint, 0
    FROM hours WHERE (SELECT is_so FROM folded) AND outcome <> 'Started' GROUP BY hour, magnitude
)
SELECT stats, hour, workflow_id, '' AS node, outcome, magnitude, coalesce(counted.number, 0) AS counted,
    coalesce(present.number, 0) AS present, coalesce(counted.milliseconds, 0) AS counted_ms,
    coalesce(present.milliseconds, 0) AS present_ms
FROM counted FULL JOIN present USING (stats, hour, workflow_id, outcome, magnitude)
WHERE coalesce(counted.number, 0) <> coalesce(present.number, 0)
    OR coalesce(counted.milliseconds, 0) <> coalesce(present.milliseconds, 0)
UNION ALL
SELECT 'run_hour_stats', together.hour, NULL, '', together.outcome, together.magnitude, coalesce(runs, 0), number,
    coalesce(duration_ms, 0), milliseconds
FROM together LEFT JOIN run_hour_stats AS kept
    ON kept.hour = together.hour AND kept.outcome = together.outcome AND kept.magnitude = together.magnitude
WHERE coalesce(runs, 0) < number OR coalesce(duration_ms, 0) < milliseconds
ORDER BY stats, hour, workflow_id, outcome, magnitude LIMIT 100
