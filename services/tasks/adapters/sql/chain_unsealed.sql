-- The entries of the log after position $1, at most $2, in order, each with the workflow of its task.
SELECT position, stream_id, version, type, schema_version,
    encode(sha256(convert_to(data::text, 'UTF8')), 'hex') AS data_sha256,
    encode(sha256(convert_to(metadata::text, 'UTF8')), 'hex') AS metadata_sha256, occurred_at,
    CASE WHEN type = 'flusso.task.opened' THEN (data ->> 'workflow_id')::uuid ELSE (
        SELECT (opened.data ->> 'workflow_id')::uuid FROM log opened
        WHERE opened.stream_id = log.stream_id AND opened.type = 'flusso.task.opened'
        ORDER BY opened.version LIMIT 1
    ) END AS workflow_id
FROM log WHERE position > $1 ORDER BY position LIMIT $2
