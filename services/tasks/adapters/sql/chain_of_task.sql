-- The entries of task $1 in its log, at most $2, in order, with their places in the chain: null where they are not sealed.
SELECT log.position, log.stream_id, log.version, log.type, log.schema_version, log.data,
    encode(sha256(convert_to(log.data::text, 'UTF8')), 'hex') AS data_sha256,
    encode(sha256(convert_to(log.metadata::text, 'UTF8')), 'hex') AS metadata_sha256, log.occurred_at,
    chain.workflow_id, chain.place, (
        SELECT hash FROM chain_entries earlier
        WHERE earlier.workflow_id = chain.workflow_id AND earlier.place = chain.place - 1
    ) AS previous, chain.hash, (
        SELECT number FROM checkpoints WHERE last_position >= log.position ORDER BY last_position LIMIT 1
    ) AS checkpoint
FROM log LEFT JOIN chain_entries chain ON chain.position = log.position
WHERE log.stream_id = $1 ORDER BY log.version LIMIT $2
