-- Of the $2 events after position $1: how many there are, the last position, and the streams that have none after it; a row at least if there is an event.
WITH page AS MATERIALIZED (
    SELECT position, stream_id FROM log WHERE position > $1 ORDER BY position LIMIT $2
), bounds AS (
    SELECT max(position) AS through, count(*) AS events FROM page HAVING count(*) > 0
), done AS (
    SELECT DISTINCT page.stream_id FROM page CROSS JOIN bounds WHERE NOT EXISTS (
        SELECT 1 FROM log WHERE log.stream_id = page.stream_id AND log.position > bounds.through
    )
)
SELECT bounds.through, bounds.events, done.stream_id FROM bounds LEFT JOIN done ON true ORDER BY done.stream_id
