-- Put the hours of the oldest day (UTC) before $1 whose steps are kept by the hour together, under its first hour; returns how many rows went.
WITH oldest AS (
    SELECT date_trunc('day', min(hour), 'UTC') AS day FROM step_stats
    WHERE hour < $1 AND hour <> date_trunc('day', hour, 'UTC')
), gone AS (
    DELETE FROM step_stats USING oldest
    WHERE hour > oldest.day AND hour < oldest.day + interval '1 day'
    RETURNING oldest.day, workflow_id, node, outcome, magnitude, steps, duration_ms
), kept AS (
    INSERT INTO step_stats AS stats (hour, workflow_id, node, outcome, magnitude, steps, duration_ms)
    SELECT day, workflow_id, node, outcome, magnitude, sum(steps)::bigint, sum(duration_ms)::bigint
    FROM gone GROUP BY day, workflow_id, node, outcome, magnitude ORDER BY workflow_id, node, outcome, magnitude
    ON CONFLICT ON CONSTRAINT step_stats_pkey
    DO UPDATE SET steps = stats.steps + excluded.steps, duration_ms = stats.duration_ms + excluded.duration_ms
    RETURNING 1
)
SELECT count(*) FROM gone
