-- A quarter of a year of decisions on a hundred and twenty steps, three answers each, every hour.
INSERT INTO decision_stats (hour, workflow_id, node, outcome, magnitude, decisions, duration_ms, workflow_name, step_name)
SELECT hour, md5('workflow ' || number)::uuid, 'ask_' || step, outcome, magnitude, 1 + floor(5 * random())::integer,
    1000 * floor(exp(random() * 10))::bigint, 'Workflow ' || number, 'Ask ' || step
FROM generate_series(date_trunc('hour', now()) - interval '90 days', date_trunc('hour', now()), interval '1 hour') AS hour,
    generate_series(1, 40) AS number, generate_series(1, 3) AS step,
    unnest(ARRAY['approved', 'rejected']) AS outcome,
    LATERAL (SELECT (16 + number / 2 + floor(3 * (random() + random() + random())))::smallint AS magnitude, random() AS chance
        WHERE outcome IS NOT NULL AND number IS NOT NULL AND step IS NOT NULL AND hour IS NOT NULL) AS taken
WHERE chance < 0.35
ON CONFLICT DO NOTHING;

UPDATE stats_folded SET until_at = (SELECT date_trunc('day', min(hour), 'UTC') FROM decision_stats);

ANALYZE;
