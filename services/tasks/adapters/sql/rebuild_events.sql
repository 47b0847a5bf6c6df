-- All events of the tasks $1, in order.
SELECT stream_id, version, type, data, occurred_at FROM log
WHERE stream_id = ANY($1::uuid[]) ORDER BY stream_id, version LIMIT 100000
