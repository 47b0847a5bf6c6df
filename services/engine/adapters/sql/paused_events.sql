-- The events by which the waits $1 (task ids) of the runs $2 opened.
SELECT log.position, log.stream_id, log.version, log.type, log.schema_version, log.data, log.traceparent, log.occurred_at
FROM log WHERE log.stream_id = ANY($2::uuid[]) AND log.type = 'flusso.run.paused'
    AND (log.data ->> 'task_id')::uuid = ANY($1::uuid[])
ORDER BY log.position LIMIT 1000
