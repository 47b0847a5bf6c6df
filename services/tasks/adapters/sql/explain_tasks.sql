-- The last fact of each of the tasks $1 but that it was overtaken, and its data if it is a decision; at most $2.
SELECT DISTINCT ON (stream_id)
    stream_id, type, CASE WHEN type = 'flusso.task.resolved' THEN data END AS resolution
FROM log WHERE stream_id = ANY($1::uuid[]) AND type <> 'flusso.task.overtaken'
ORDER BY stream_id, version DESC LIMIT $2
