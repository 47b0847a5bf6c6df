-- Decisions from $1 to $2 (whole hours), of the workflow $3 (null: any), by step, answer and magnitude: of the $4 steps with the most decisions, those of all others under the workflow null; and all of the span before as well, where `is_before` is true.
WITH kept AS MATERIALIZED (
    SELECT hour < $1 AS is_before, workflow_id, node, outcome, magnitude, sum(decisions)::bigint AS decisions,
        sum(duration_ms)::bigint AS duration_ms, (array_agg(workflow_name ORDER BY hour DESC))[1] AS workflow_name,
        (array_agg(step_name ORDER BY hour DESC))[1] AS step_name, max(hour) AS last_hour
    FROM decision_stats
    WHERE hour >= $1::timestamptz - ($2::timestamptz - $1) AND hour < $2 AND ($3::uuid IS NULL OR workflow_id = $3)
    GROUP BY 1, workflow_id, node, outcome, magnitude
), chosen AS (
    SELECT workflow_id, node, (array_agg(workflow_name ORDER BY last_hour DESC))[1] AS workflow_name,
        (array_agg(step_name ORDER BY last_hour DESC))[1] AS step_name
    FROM kept WHERE NOT is_before GROUP BY workflow_id, node ORDER BY sum(decisions) DESC, workflow_id, node LIMIT $4
)
SELECT is_before, chosen.workflow_id, chosen.workflow_name, chosen.node, chosen.step_name, outcome, magnitude,
    sum(decisions)::bigint AS decisions, sum(duration_ms)::bigint AS duration_ms
FROM kept LEFT JOIN chosen ON NOT kept.is_before AND chosen.workflow_id = kept.workflow_id AND chosen.node = kept.node
GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 4, 6, 7 LIMIT 100000
