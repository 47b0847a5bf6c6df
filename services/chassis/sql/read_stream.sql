-- The events of stream $1 after version $2, at most $3, in order.
SELECT position, stream_id, version, type, schema_version, data, metadata, traceparent, occurred_at
FROM log WHERE stream_id = $1 AND version > $2 ORDER BY version LIMIT $3
