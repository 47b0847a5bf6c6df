-- Put the hours of the first day (UTC) that is not folded yet together; returns that day, or nothing if it is not before $1. Its hours stay for all workflows together, and for starts.
WITH day AS (
    UPDATE stats_folded SET until_at = until_at + interval '1 day' WHERE subject = 'runs' AND until_at < $1
    RETURNING until_at - interval '1 day' AS first_hour
), gone AS (
    DELETE FROM run_stats USING day WHERE hour >= first_hour AND hour < first_hour + interval '1 day'
    RETURNING first_hour, hour, workflow_id, outcome, magnitude, runs, duration_ms
), kept AS (
    INSERT INTO run_stats (hour, workflow_id, outcome, magnitude, runs, duration_ms)
    SELECT first_hour, workflow_id, outcome, -1, sum(runs)::bigint, sum(duration_ms)::bigint
    FROM gone GROUP BY first_hour, workflow_id, outcome
    UNION ALL
    SELECT first_hour, workflow_id, 'Ended', magnitude, sum(runs)::bigint, 0
    FROM gone WHERE outcome <> 'Started' GROUP BY first_hour, workflow_id, magnitude
    RETURNING 1
), together AS (
    INSERT INTO run_hour_stats (hour, outcome, magnitude, runs, duration_ms)
    SELECT hour, outcome, -1, sum(runs)::bigint, sum(duration_ms)::bigint FROM gone GROUP BY hour, outcome
    UNION ALL
    SELECT hour, 'Ended', magnitude, sum(runs)::bigint, 0 FROM gone WHERE outcome <> 'Started' GROUP BY hour, magnitude
    RETURNING 1
), starts AS (
    INSERT INTO run_start_stats (hour, workflow_id, runs)
    SELECT hour, workflow_id, sum(runs)::bigint FROM gone WHERE outcome = 'Started' GROUP BY hour, workflow_id
    RETURNING 1
)
SELECT first_hour FROM day
