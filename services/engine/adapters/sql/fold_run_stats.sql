-- Keep ends of the first day (UTC) that is not folded yet by the day, under its first hour, and by the hour for all workflows together; returns that day, or nothing if it is not before $1. Starts stay as they are.
WITH day AS (
    UPDATE stats_folded SET until_at = until_at + interval '1 day' WHERE until_at < $1
    RETURNING until_at - interval '1 day' AS first_hour
), gone AS (
    DELETE FROM run_stats USING day
    WHERE hour > first_hour AND hour < first_hour + interval '1 day' AND outcome <> 'Started'
    RETURNING first_hour, hour, workflow_id, outcome, magnitude, runs, duration_ms
), kept AS (
    INSERT INTO run_stats AS stats (hour, workflow_id, outcome, magnitude, runs, duration_ms)
    SELECT first_hour, workflow_id, outcome, magnitude, sum(runs)::bigint, sum(duration_ms)::bigint
    FROM gone GROUP BY first_hour, workflow_id, outcome, magnitude
    ON CONFLICT ON CONSTRAINT run_stats_pkey
    DO UPDATE SET runs = stats.runs + excluded.runs, duration_ms = stats.duration_ms + excluded.duration_ms
    RETURNING 1
), together AS (
    INSERT INTO run_hour_stats (hour, outcome, magnitude, runs, duration_ms)
    SELECT hour, outcome, magnitude, sum(runs)::bigint, sum(duration_ms)::bigint
    FROM (
        SELECT hour, outcome, magnitude, runs, duration_ms FROM gone
        UNION ALL
        SELECT hour, outcome, magnitude, runs, duration_ms FROM run_stats JOIN day ON hour = first_hour
        WHERE outcome <> 'Started'
    ) AS ended
    GROUP BY hour, outcome, magnitude
    RETURNING 1
)
SELECT first_hour FROM day
