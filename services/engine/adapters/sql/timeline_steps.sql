-- The steps of the runs $1: when each visit began and ended, the type of its last event and its names; of each run the $2 longest, in the order in which they began, and how many there are.
WITH moves AS (
    SELECT stream_id, version, type, occurred_at, coalesce((data ->> 'visit')::integer, 1) AS visit,
        CASE WHEN type = 'flusso.run.failed' THEN data -> 'error' ->> 'node' ELSE data ->> 'node' END AS node
    FROM log
    WHERE stream_id = ANY($1::uuid[]) AND (
        type IN ('flusso.run.node_scheduled', 'flusso.run.retry_set', 'flusso.run.children_called', 'flusso.run.paused',
            'flusso.run.resumed', 'flusso.run.node_completed', 'flusso.run.node_failed')
        OR (type = 'flusso.run.timer_set' AND data ->> 'kind' = 'delay')
        OR (type = 'flusso.run.failed' AND data ->> 'reason' = 'rejected' AND data -> 'error' ->> 'node' IS NOT NULL)
    )
), steps AS (
    SELECT stream_id, node, visit, min(version) AS first_version, min(occurred_at) AS began_at,
        max(occurred_at) FILTER (WHERE type IN ('flusso.run.resumed', 'flusso.run.node_completed',
            'flusso.run.node_failed', 'flusso.run.failed')) AS ended_at,
        (array_agg(type ORDER BY version DESC))[1] AS last_type
    FROM moves GROUP BY stream_id, node, visit
), ranked AS (
    SELECT *, count(*) OVER (PARTITION BY stream_id) AS total,
        row_number() OVER (PARTITION BY stream_id ORDER BY coalesce(ended_at, now()) - began_at DESC, first_version) AS place
    FROM steps
), names AS MATERIALIZED (
    SELECT workflow_id, version, step ->> 'key' AS node, step ->> 'name' AS name, step ->> 'type' AS type
    FROM workflow_versions CROSS JOIN json_array_elements(definition -> 'nodes') AS step
    WHERE (workflow_id, version) IN (SELECT workflow_id, version FROM runs WHERE id = ANY($1::uuid[]))
)
SELECT ranked.stream_id AS run_id, ranked.node, names.name, names.type, began_at, ended_at, last_type, total
FROM ranked JOIN runs ON runs.id = ranked.stream_id
LEFT JOIN names ON names.workflow_id = runs.workflow_id AND names.version = runs.version AND names.node = ranked.node
WHERE place <= $2 ORDER BY stream_id, first_version LIMIT 10000
