-- Lets go of arrivals that the engine has taken. $1 runs.
DELETE FROM intake WHERE run_id = ANY($1::uuid[]) AND refused_at IS NULL
