-- Keeps the reason why the engine does not take an arrival. $1 run, $2 code, $3 message, $4 now.
UPDATE intake SET refused_at = $4, refused_code = $2, refused_message = $3 WHERE run_id = $1 AND refused_at IS NULL
