-- Stop the verification $1 if it runs.
UPDATE verifications SET state = 'stopped', claimed_until = NULL WHERE id = $1 AND state = 'running' RETURNING id
