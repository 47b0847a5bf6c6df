-- Claim the verification that runs at $1 and that nobody drives, until $2.
UPDATE verifications SET claimed_until = $2
WHERE state = 'running' AND (claimed_until IS NULL OR claimed_until < $1)
RETURNING id, started_by, started_at, finished_at, state, scope, progress
