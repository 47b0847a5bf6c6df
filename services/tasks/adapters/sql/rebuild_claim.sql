-- Claim the rebuild that runs at $1 and that nobody drives, until $2.
UPDATE inbox_rebuild SET claimed_until = $2
WHERE state = 'running' AND (claimed_until IS NULL OR claimed_until < $1) RETURNING only_row
