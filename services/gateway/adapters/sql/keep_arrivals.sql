-- Keeps arrivals ($1 to $7: runs, workflows, kinds, commands, digests, traceparents, times) whose runs are not known here.
INSERT INTO intake (run_id, workflow_id, kind, command, request_digest, traceparent, received_at, due_at)
SELECT run_id, workflow_id, kind, command::json, request_digest, traceparent, received_at, received_at
FROM (
    SELECT DISTINCT ON (run_id) *
    FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
        WITH ORDINALITY
        AS given (run_id, workflow_id, kind, command, request_digest, traceparent, received_at, place)
    ORDER BY run_id, place
) AS new
ORDER BY place
ON CONFLICT ON CONSTRAINT intake_pkey DO NOTHING
RETURNING run_id, request_digest
