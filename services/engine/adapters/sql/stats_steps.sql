-- The $5 slowest steps (by their mean) that ended with one of the outcomes $4 from $1 to $2 (whole hours), of the workflow $3 (null: any), in order of their places, with the names of the current version. Rows of magnitude -1 say how many took which outcome and how long together, all others how many took how long.
WITH kept AS MATERIALIZED (
    SELECT workflow_id, node, outcome, sum(steps)::bigint AS steps, sum(duration_ms)::bigint AS duration_ms
    FROM (
        SELECT workflow_id, node, outcome, steps, duration_ms FROM step_stats
        WHERE hour >= $1 AND hour < $2 AND magnitude < 0
        UNION ALL
        SELECT workflow_id, node, outcome, steps, duration_ms FROM step_stats
        WHERE hour >= greatest($1, (SELECT until_at FROM stats_folded WHERE subject = 'steps')) AND hour < $2
    ) AS whole
    WHERE outcome = ANY($4::text[]) AND ($3::uuid IS NULL OR workflow_id = $3)
    GROUP BY workflow_id, node, outcome
), ranked AS (
    SELECT workflow_id, node,
        row_number() OVER (ORDER BY sum(duration_ms) / sum(steps) DESC, sum(steps) DESC, workflow_id, node) AS place
    FROM kept GROUP BY workflow_id, node ORDER BY place LIMIT $5
), named AS MATERIALIZED (
    SELECT place, ranked.workflow_id, ranked.node, workflows.name AS workflow_name, found.name AS step_name, found.type
    FROM ranked JOIN workflows ON workflows.id = ranked.workflow_id
    LEFT JOIN LATERAL (
        SELECT step ->> 'name' AS name, step ->> 'type' AS type
        FROM workflow_versions CROSS JOIN json_array_elements(definition -> 'nodes') AS step
        WHERE workflow_versions.workflow_id = workflows.id AND workflow_versions.version = workflows.version
            AND step ->> 'key' = ranked.node LIMIT 1
    ) AS found ON true
), told AS (
    SELECT workflow_id, node, outcome, -1 AS magnitude, steps, duration_ms FROM kept
    UNION ALL
    SELECT named.workflow_id, named.node, spread.outcome, spread.magnitude, spread.steps, 0
    FROM named CROSS JOIN LATERAL (
        SELECT outcome, magnitude, sum(steps)::bigint AS steps FROM step_stats
        WHERE step_stats.workflow_id = named.workflow_id AND step_stats.node = named.node
            AND hour >= $1 AND hour < $2 AND outcome = ANY($4::text[]) AND magnitude >= 0
        GROUP BY outcome, magnitude
    ) AS spread
)
SELECT place, workflow_id, workflow_name, node, step_name, type, outcome, magnitude, steps, duration_ms
FROM named JOIN told USING (workflow_id, node) ORDER BY place, outcome, magnitude LIMIT 100000
