-- The runs $1 have ended: nothing of them is awaited any more.
WITH jobs_gone AS (DELETE FROM jobs WHERE run_id = ANY($1::uuid[]))
DELETE FROM timers WHERE run_id = ANY($1::uuid[])
