-- All events of the streams $1, in order; they are fetched a few at a time.
SELECT stream_id, version, type, data, occurred_at FROM log
WHERE stream_id = ANY($1::uuid[]) ORDER BY stream_id, version
