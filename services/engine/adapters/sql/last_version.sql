-- How many events the log of the run $1 has.
SELECT version FROM log WHERE stream_id = $1 ORDER BY version DESC LIMIT 1
