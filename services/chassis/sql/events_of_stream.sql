-- All events of the stream $1, in order.
SELECT version, type, data, occurred_at FROM log WHERE stream_id = $1 ORDER BY version
