-- Delete the ended runs of the workflow $1 with their logs, at most $2, but none with events that the relay has yet to tell; returns those deleted with day and status.
WITH gone AS (
    DELETE FROM runs WHERE id IN (
        SELECT id FROM runs WHERE workflow_id = $1 AND finished_at IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM log WHERE log.stream_id = runs.id AND log.position > (SELECT position FROM relay_cursor)
        ) LIMIT $2
    )
    RETURNING id, (started_at AT TIME ZONE 'UTC')::date AS day, status
), folds AS (DELETE FROM snapshots WHERE stream_id IN (SELECT id FROM gone))
, events AS (DELETE FROM log WHERE stream_id IN (SELECT id FROM gone))
SELECT day, status, count(*) AS runs FROM gone GROUP BY day, status ORDER BY day, status LIMIT 10000
