-- Keeps an arrival, or nothing if its run is known here.
-- $1 run, $2 workflow, $3 kind, $4 command, $5 digest of the request, $6 traceparent, $7 received at.
INSERT INTO intake (run_id, workflow_id, kind, command, request_digest, traceparent, received_at, due_at)
VALUES ($1, $2, $3, $4::text::json, $5, $6, $7, $7)
ON CONFLICT ON CONSTRAINT intake_pkey DO NOTHING
RETURNING run_id
