-- Put the hours of the first day (UTC) that is not folded yet together; returns that day, or nothing if it is not before $1.
WITH day AS (
    UPDATE stats_folded SET until_at = until_at + interval '1 day' WHERE subject = 'steps' AND until_at < $1
    RETURNING until_at - interval '1 day' AS first_hour
), gone AS (
    DELETE FROM step_stats USING day WHERE hour >= first_hour AND hour < first_hour + interval '1 day'
    RETURNING first_hour, workflow_id, node, outcome, magnitude, steps, duration_ms
), kept AS (
    INSERT INTO step_stats (hour, workflow_id, node, outcome, magnitude, steps, duration_ms)
    SELECT first_hour, workflow_id, node, outcome, -1, sum(steps)::bigint, sum(duration_ms)::bigint
    FROM gone GROUP BY first_hour, workflow_id, node, outcome
    UNION ALL
    SELECT first_hour, workflow_id, node, outcome, magnitude, sum(steps)::bigint, 0
    FROM gone GROUP BY first_hour, workflow_id, node, outcome, magnitude
    RETURNING 1
)
SELECT first_hour FROM day
