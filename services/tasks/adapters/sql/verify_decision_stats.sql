-- Where the statistics of decisions of the day (UTC) that begins at $1 are not what the events at the positions $2 to $3, and the pauses of their tasks, say, at most a hundred.
WITH decided AS (
    SELECT resolved.data ->> 'outcome' AS outcome, (resolved.data ->> 'decided_at')::timestamptz AS decided_at,
        (opened.data ->> 'created_at')::timestamptz AS created_at, (opened.data ->> 'workflow_id')::uuid AS workflow_id,
        opened.data ->> 'node' AS node
    FROM log AS resolved
    JOIN log AS opened ON opened.stream_id = resolved.stream_id AND opened.type = 'flusso.task.opened'
    WHERE resolved.position BETWEEN $2 AND $3 AND resolved.type = 'flusso.task.resolved'
), hours AS MATERIALIZED (
    SELECT hour_of(decided_at) AS hour, workflow_id, node, outcome,
        duration_magnitude(duration_ms(created_at, decided_at)) AS magnitude, count(*) AS number,
        sum(duration_ms(created_at, decided_at))::bigint AS milliseconds
    FROM decided WHERE decided_at >= $1 AND decided_at < $1 + interval '24 hours'
    GROUP BY 1, 2, 3, 4, 5
), folded AS (
    SELECT until_at > $1 AS is_so FROM stats_folded WHERE subject = 'decisions'
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
    SELECT hour, workflow_id, node, outcome, magnitude, decisions AS number, duration_ms AS milliseconds
    FROM decision_stats WHERE hour >= $1 AND hour < $1 + interval '24 hours'
)
SELECT 'decision_stats' AS stats, hour, workflow_id, node, outcome, magnitude, coalesce(counted.number, 0) AS counted,
    coalesce(present.number, 0) AS present, coalesce(counted.milliseconds, 0) AS counted_ms,
    coalesce(present.milliseconds, 0) AS present_ms
FROM counted FULL JOIN present USING (hour, workflow_id, node, outcome, magnitude)
WHERE coalesce(counted.number, 0) <> coalesce(present.number, 0)
    OR coalesce(counted.milliseconds, 0) <> coalesce(present.milliseconds, 0)
ORDER BY hour, workflow_id, node, outcome, magnitude LIMIT 100
