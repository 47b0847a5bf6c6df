-- Decisions from $1 to $2 (whole hours), of the workflow $3 (null: any), by step, answer and magnitude: of the $4 steps with the most decisions, those of all others under the workflow null; and all of the span before as well, where `is_before` is true.
WITH kept AS MATERIALIZED (
    SELECT hour < $1 AS is_before, workflow_id, node, outcome, magnitude, sum(decisions)::bigint AS decisions,
        sum(duration_ms)::bigint AS duration_ms
    FROM decision_stats
    WHERE hour >= $1::timestamptz - ($2::timestamptz - $1) AND hour < $2 AND ($3::uuid IS NULL OR workflow_id = $3)
    GROUP BY 1, workflow_id, node, outcome, magnitude
), chosen AS (
    SELECT workflow_id, node FROM kept WHERE NOT is_before
    GROUP BY workflow_id, node ORDER BY sum(decisions) DESC, workflow_id, node LIMIT $4
), named AS MATERIALIZED (
    SELECT chosen.workflow_id, chosen.node, last.workflow_name, last.step_name
    FROM chosen CROSS JOIN LATERAL (
        SELECT workflow_name, step_name FROM decision_stats
        WHERE decision_stats.workflow_id = chosen.workflow_id AND decision_stats.node = chosen.node AND hour < $2
        ORDER BY hour DESC LIMIT 1
    ) AS last
)
SELECT is_before, named.workflow_id, named.workflow_name, named.node, named.step_name, outcome, magnitude,
    sum(decisions)::bigint AS decisions, sum(duration_ms)::bigint AS duration_ms
FROM kept LEFT JOIN named ON NOT kept.is_before AND named.workflow_id = kept.workflow_id AND named.node = kept.node
GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 4, 6, 7 LIMIT 100000
