-- Decisions from $1 to $2 (whole hours), of the workflow $3 (null: any), by step and answer: of the $4 steps with the most decisions, and under the workflow null of all together, of the span before (where `is_before` is true) too. Rows of magnitude -1 say how many there were and how long they took together, all others how many took how long.
WITH kept AS MATERIALIZED (
    SELECT hour < $1 AS is_before, workflow_id, node, outcome, magnitude, sum(decisions)::bigint AS decisions,
        sum(duration_ms)::bigint AS duration_ms,
        magnitude < 0 OR hour >= (SELECT until_at FROM stats_folded WHERE subject = 'decisions') AS is_whole
    FROM decision_stats
    WHERE hour >= $1::timestamptz - ($2::timestamptz - $1) AND hour < $2 AND ($3::uuid IS NULL OR workflow_id = $3)
    GROUP BY is_before, workflow_id, node, outcome, magnitude, is_whole
), chosen AS (
    SELECT workflow_id, node FROM kept WHERE NOT is_before AND is_whole
    GROUP BY workflow_id, node ORDER BY sum(decisions) DESC, workflow_id, node LIMIT $4
), named AS MATERIALIZED (
    SELECT chosen.workflow_id, chosen.node, last.workflow_name, last.step_name
    FROM chosen CROSS JOIN LATERAL (
        SELECT workflow_name, step_name FROM decision_stats
        WHERE decision_stats.workflow_id = chosen.workflow_id AND decision_stats.node = chosen.node AND hour < $2
        ORDER BY hour DESC LIMIT 1
    ) AS last
), told AS (
    SELECT is_before, workflow_id, node, outcome, -1 AS magnitude, decisions, duration_ms FROM kept WHERE is_whole
    UNION ALL
    SELECT is_before, workflow_id, node, outcome, magnitude, decisions, 0 FROM kept WHERE magnitude >= 0
)
SELECT is_before, named.workflow_id, named.workflow_name, named.node, named.step_name, outcome, magnitude,
    sum(decisions)::bigint AS decisions, sum(duration_ms)::bigint AS duration_ms
FROM told JOIN named USING (workflow_id, node) WHERE NOT is_before
GROUP BY 1, 2, 3, 4, 5, 6, 7
UNION ALL
SELECT is_before, NULL, NULL, NULL, NULL, outcome, magnitude, sum(decisions)::bigint, sum(duration_ms)::bigint
FROM told GROUP BY 1, outcome, magnitude
ORDER BY 1, 2, 4, 6, 7 LIMIT 100000
