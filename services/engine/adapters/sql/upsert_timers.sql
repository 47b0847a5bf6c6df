-- Retries are due: runs $1, nodes $2, visits $3, attempts $4, at $5.
INSERT INTO timers (run_id, node, visit, attempt, due_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::integer[], $5::timestamptz[])
ON CONFLICT ON CONSTRAINT timers_pkey
DO UPDATE SET visit = excluded.visit, attempt = excluded.attempt, due_at = excluded.due_at
