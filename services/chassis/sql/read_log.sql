-- The next events after position $1, at most $2, in log order.
SELECT position, stream_id, version, type, schema_version, data, traceparent, occurred_at
FROM log WHERE position > $1 ORDER BY position LIMIT $2
