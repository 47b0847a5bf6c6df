-- The events of the run $1 up to version $2 that make its trace, in order, at most $3: of those about child runs, which count up, the first and the last of each step.
SELECT position, stream_id, version, type, schema_version, data, traceparent, occurred_at
FROM log WHERE stream_id = $1 AND version <= $2 AND (
    type NOT IN ('flusso.run.children_called', 'flusso.run.children_reported') OR version IN (
        SELECT unnest(ARRAY[min(version), max(version)]) FROM log
        WHERE stream_id = $1 AND version <= $2 AND type IN ('flusso.run.children_called', 'flusso.run.children_reported')
        GROUP BY type, data ->> 'node', data ->> 'visit'
    )
)
ORDER BY version LIMIT $3
