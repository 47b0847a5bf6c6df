-- The jobs of the runs $1 were offered again now ($2).
UPDATE jobs SET offered_at = $2 WHERE run_id = ANY($1::uuid[])
