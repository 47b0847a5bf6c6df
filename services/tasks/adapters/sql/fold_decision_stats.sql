-- Put the hours of the oldest day (UTC) before $1 whose decisions are kept by the hour together, under its first hour; returns how many rows went.
WITH oldest AS (
    SELECT date_trunc('day', min(hour), 'UTC') AS day FROM decision_stats
    WHERE hour < $1 AND hour <> date_trunc('day', hour, 'UTC')
), gone AS (
    DELETE FROM decision_stats USING oldest
    WHERE hour > oldest.day AND hour < oldest.day + interval '1 day'
    RETURNING oldest.day, workflow_id, node, outcome, magnitude, decisions, duration_ms, workflow_name, step_name
), kept AS (
    INSERT INTO decision_stats AS stats
        (hour, workflow_id, node, outcome, magnitude, decisions, duration_ms, workflow_name, step_name)
    SELECT day, workflow_id, node, outcome, magnitude, sum(decisions)::bigint, sum(duration_ms)::bigint,
        max(workflow_name), max(step_name)
    FROM gone GROUP BY day, workflow_id, node, outcome, magnitude
    ON CONFLICT ON CONSTRAINT decision_stats_pkey DO UPDATE SET
        decisions = stats.decisions + excluded.decisions, duration_ms = stats.duration_ms + excluded.duration_ms
    RETURNING 1
)
SELECT count(*) FROM gone
