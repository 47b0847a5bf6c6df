-- Who started the runs $1, as their first events say.
SELECT stream_id, data -> 'actor' AS actor FROM log
WHERE stream_id = ANY($1::uuid[]) AND version = 1 LIMIT 1000
