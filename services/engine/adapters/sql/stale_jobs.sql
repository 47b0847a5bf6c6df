-- Jobs offered before $1 without a result, at most $2, with the event that offered each.
SELECT log.position, log.stream_id, log.version, log.type, log.schema_version, log.data, log.traceparent, log.occurred_at
FROM jobs JOIN LATERAL (
    SELECT * FROM log WHERE log.stream_id = jobs.run_id AND log.type = 'flusso.run.node_scheduled'
        AND log.data ->> 'node' = jobs.node ORDER BY log.version DESC LIMIT 1
) AS log ON true
WHERE jobs.offered_at < $1 ORDER BY jobs.offered_at LIMIT $2
