-- The tasks of the log after $1, at most $2, by id.
SELECT DISTINCT stream_id FROM log WHERE stream_id > $1 ORDER BY stream_id LIMIT $2
