-- What lies at the positions from $1 to $2, at most $3, in order: the entry of the log (null: it is gone) beside its hash in the chain (null: it was put in later).
SELECT coalesce(log.position, chain.position) AS position, log.stream_id, log.version, log.type, log.schema_version,
    encode(sha256(convert_to(log.data::text, 'UTF8')), 'hex') AS data_sha256,
    encode(sha256(convert_to(log.metadata::text, 'UTF8')), 'hex') AS metadata_sha256, log.occurred_at, chain.workflow_id, chain.place, chain.hash
FROM (SELECT * FROM log WHERE position BETWEEN $1 AND $2) log
FULL JOIN (SELECT * FROM chain_entries WHERE position BETWEEN $1 AND $2) chain ON chain.position = log.position
ORDER BY 1 LIMIT $3
