-- Workers are asked for: runs $1, nodes $2, visits $3, attempts $4, since $5.
INSERT INTO jobs (run_id, node, visit, attempt, offered_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::integer[], $5::timestamptz[])
ON CONFLICT ON CONSTRAINT jobs_pkey
DO UPDATE SET visit = excluded.visit, attempt = excluded.attempt, offered_at = excluded.offered_at
