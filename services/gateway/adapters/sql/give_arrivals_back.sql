-- Lets arrivals be claimed again. $1 runs, $2 due at.
UPDATE intake SET due_at = $2 WHERE run_id = ANY($1::uuid[]) AND refused_at IS NULL
