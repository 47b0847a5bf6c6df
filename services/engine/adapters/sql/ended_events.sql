-- The last events of those of the runs $1 that have ended.
SELECT log.position, log.stream_id, log.version, log.type, log.schema_version, log.data, log.traceparent, log.occurred_at
FROM log JOIN runs ON runs.id = log.stream_id
WHERE runs.id = ANY($1::uuid[]) AND runs.finished_at IS NOT NULL
    AND log.type IN ('flusso.run.completed', 'flusso.run.failed', 'flusso.run.cancelled')
ORDER BY log.position LIMIT 1000
