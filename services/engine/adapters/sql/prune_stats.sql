-- Forget statistics of before $1; returns how many rows went.
WITH runs_gone AS (
    DELETE FROM run_stats WHERE hour < $1 RETURNING 1
), hours_gone AS (
    DELETE FROM run_hour_stats WHERE hour < $1 RETURNING 1
), starts_gone AS (
    DELETE FROM run_start_stats WHERE hour < $1 RETURNING 1
), steps_gone AS (
    DELETE FROM step_stats WHERE hour < $1 RETURNING 1
)
SELECT (SELECT count(*) FROM runs_gone) + (SELECT count(*) FROM hours_gone) + (SELECT count(*) FROM starts_gone)
    + (SELECT count(*) FROM steps_gone)
