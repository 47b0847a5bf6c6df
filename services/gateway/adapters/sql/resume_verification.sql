-- Let the stopped verification $1 run again, unless another one runs.
UPDATE verifications SET state = 'running', claimed_until = NULL
WHERE id = $1 AND state = 'stopped' AND NOT EXISTS (SELECT 1 FROM verifications WHERE state = 'running') RETURNING id
