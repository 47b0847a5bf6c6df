-- Where the statistics of steps of the day (UTC) that begins at $1 are not what the events at the positions $2 to $3, and what these steps began with, say, at most a hundred.
WITH ended AS MATERIALIZED (
    SELECT log.stream_id, log.occurred_at, log.type, coalesce((log.data ->> 'visit')::integer, 1) AS visit,
        CASE WHEN log.type = 'flusso.run.failed' THEN log.data -> 'error' ->> 'node' ELSE log.data ->> 'node' END AS node
    FROM log
    WHERE log.position BETWEEN $2 AND $3 AND log.occurred_at >= $1 AND log.occurred_at < $1 + interval '24 hours'
        AND (log.type IN ('flusso.run.resumed', 'flusso.run.node_completed', 'flusso.run.node_failed')
            OR (log.type = 'flusso.run.failed' AND log.data ->> 'reason' = 'rejected'
                AND log.data -> 'error' ->> 'node' IS NOT NULL))
), begun AS (
    SELECT stream_id, data ->> 'node' AS node, (data ->> 'visit')::integer AS visit, min(occurred_at) AS began_at,
        bool_or(type = 'flusso.run.timer_set') AS slept
    FROM log
    WHERE stream_id IN (SELECT stream_id FROM ended)
        AND (type IN ('flusso.run.paused', 'flusso.run.node_scheduled', 'flusso.run.children_called')
            OR (type = 'flusso.run.timer_set' AND data ->> 'kind' = 'delay'))
    GROUP BY 1, 2, 3
), told AS (
    SELECT hour_of(ended.occurred_at) AS hour, runs.workflow_id, ended.node,
        CASE ended.type
            WHEN 'flusso.run.resumed' THEN 'Answered'
            WHEN 'flusso.run.node_failed' THEN 'Failed'
            WHEN 'flusso.run.failed' THEN 'Rejected'
            ELSE CASE WHEN begun.slept THEN 'Slept' ELSE 'Completed' END
        END AS outcome,
        duration_ms(coalesce(begun.began_at, ended.occurred_at), ended.occurred_at) AS milliseconds
    FROM ended
    JOIN runs ON runs.id = ended.stream_id
    LEFT JOIN begun ON begun.stream_id = ended.stream_id AND begun.node = ended.node AND begun.visit = ended.visit
), hours AS MATERIALIZED (
    SELECT hour, workflow_id, node, outcome, duration_magnitude(milliseconds) AS magnitude, count(*) AS number,
        sum(milliseconds)::bigint AS milliseconds
    FROM told GROUP BY 1, 2, 3, 4, 5
), folded AS (
    SELECT until_at > $1 AS is_so FROM stats_folded WHERE subject = 'steps'
), present AS (
    SELECT hour, workflow_id, node, outcome, magnitude, number, milliseconds
    FROM hours WHERE NOT (SELECT is_so FROM folded)
    UNION ALL
    SELECT $1, workflow_id, node, outcome, -1, sum(number)::bigint, sum(milliseconds)::bigint
    FROM hours WHERE (SELECT is_so FROM folded) GROUP BY workflow_id, node, outcome
    UNION ALL
    SELECT $1, workflow_id, node, outcome, magnitude, sum(number)::bigint, 0
    FROM hours WHERE (SELECT is_so FROM folded) GROUP BY workflow_id, node, outcome, magnitude
), counted AS (
    SELECT hour, workflow_id, node, outcome, magnitude, steps AS number, duration_ms AS milliseconds
    FROM step_stats WHERE hour >= $1 AND hour < $1 + interval '24 hours'
)
SELECT 'step_stats' AS stats, hour, workflow_id, node, outcome, magnitude, coalesce(counted.number, 0) AS counted,
    coalesce(present.number, 0) AS present, coalesce(counted.milliseconds, 0) AS counted_ms,
    coalesce(present.milliseconds, 0) AS present_ms
FROM counted FULL JOIN present USING (hour, workflow_id, node, outcome, magnitude)
WHERE coalesce(counted.number, 0) <> coalesce(present.number, 0)
    OR coalesce(counted.milliseconds, 0) <> coalesce(present.milliseconds, 0)
ORDER BY hour, workflow_id, node, outcome, magnitude LIMIT 100
