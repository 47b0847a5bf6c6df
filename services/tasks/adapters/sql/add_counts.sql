-- Count what happened: workflows $1, kinds $2, opened $3, resolved $4, closed $5; sorted by the caller so that writers never deadlock.
INSERT INTO task_counts AS counts (workflow_id, kind, opened, resolved, closed)
SELECT workflow_id, kind, opened, resolved, closed
FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
    AS given (workflow_id, kind, opened, resolved, closed)
ON CONFLICT ON CONSTRAINT task_counts_pkey DO UPDATE SET
    opened = counts.opened + excluded.opened,
    resolved = counts.resolved + excluded.resolved,
    closed = counts.closed + excluded.closed
