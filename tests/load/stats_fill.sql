-- A quarter of a year of RUNS runs of forty workflows, busier by day than by night, with what is kept about them.
INSERT INTO workflows (id, name, description, status, version, steps, trigger_type, created_at, updated_at)
SELECT md5('workflow ' || place)::uuid, 'Workflow ' || place, '', 'Active', 1, 5, 'manual_trigger', now(), now()
FROM generate_series(1, 40) AS place;

INSERT INTO workflow_versions (workflow_id, version, definition, created_at, created_by)
SELECT id, 1, (
    SELECT json_build_object('nodes', json_agg(json_build_object('key', 'step_' || step, 'name', 'Step ' || step, 'type', 'http_request')))
    FROM generate_series(1, 5) AS step
), now(), 'bench' FROM workflows;

INSERT INTO runs (id, workflow_id, workflow_name, version, status, trigger, started_at, finished_at)
SELECT md5('run ' || place)::uuid, md5('workflow ' || number)::uuid, 'Workflow ' || number, 1, status,
    CASE place % 3 WHEN 0 THEN 'manual' WHEN 1 THEN 'webhook' ELSE 'schedule' END, started_at,
    -- Each workflow has its usual duration, from 50 ms to half an hour; one run of fifty waits a thousand times as long.
    started_at + exp(4 + number / 4.0 + (random() + random() + random() - 1.5)) * interval '1 millisecond'
        * (CASE WHEN place % 50 = 0 THEN 1000 ELSE 1 END)
FROM (
    SELECT place, 1 + floor(40 * random() ^ 2)::integer AS number,
        (ARRAY['Completed', 'Completed', 'Completed', 'Completed', 'Completed', 'Completed', 'Failed', 'Cancelled'])
            [1 + floor(8 * random())::integer] AS status,
        date_trunc('hour', now()) - interval '90 days' * random() ^ 1.1 - interval '20 minutes' AS started_at
    FROM generate_series(1, RUNS) AS place
) AS made;

INSERT INTO log (stream_id, version, type, data, metadata, occurred_at)
SELECT id, version, type, data, '{}', at FROM (
    SELECT id, step * 2 - 1 AS version, 'flusso.run.node_scheduled' AS type,
        json_build_object('node', 'step_' || step, 'visit', 1, 'attempt', 1) AS data,
        started_at + (finished_at - started_at) * (step - 1) / 5 AS at
    FROM runs, generate_series(1, 5) AS step WHERE started_at > now() - interval '26 hours'
    UNION ALL
    SELECT id, step * 2, 'flusso.run.node_completed',
        json_build_object('node', 'step_' || step, 'visit', 1, 'attempt', 1),
        started_at + (finished_at - started_at) * step / 5
    FROM runs, generate_series(1, 5) AS step WHERE started_at > now() - interval '26 hours'
) AS told ORDER BY at;

INSERT INTO run_stats (hour, workflow_id, outcome, magnitude, runs, duration_ms)
SELECT hour_of(started_at), workflow_id, 'Started', 0, count(*), 0 FROM runs GROUP BY 1, 2
UNION ALL
SELECT hour_of(finished_at), workflow_id, status, duration_magnitude(duration_ms(started_at, finished_at)), count(*),
    sum(duration_ms(started_at, finished_at))::bigint
FROM runs GROUP BY 1, 2, 3, 4;

INSERT INTO step_stats (hour, workflow_id, node, outcome, magnitude, steps, duration_ms)
SELECT hour_of(finished_at), workflow_id, 'step_' || step, 'Completed',
    duration_magnitude(duration_ms(started_at, finished_at) * step / 15), count(*),
    sum(duration_ms(started_at, finished_at) * step / 15)::bigint
FROM runs, generate_series(1, 5) AS step WHERE status <> 'Cancelled' GROUP BY 1, 2, 3, 5;

UPDATE stats_folded SET until_at = (SELECT date_trunc('day', min(hour), 'UTC') FROM run_stats);

ANALYZE;
