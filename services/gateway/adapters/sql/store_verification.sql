-- Store the progress $2 of the verification $1, claimed until $3, finished at $4 (or null); nothing if it was stopped.
UPDATE verifications
SET progress = $2::text::json, claimed_until = $3, finished_at = $4,
    state = CASE WHEN $4::timestamptz IS NULL THEN 'running' ELSE 'done' END
WHERE id = $1 AND state = 'running' RETURNING id
