-- Note that the rebuild that runs is over as $1, at $2, and why ($3).
UPDATE inbox_rebuild SET state = $1, finished_at = $2, message = $3, claimed_until = NULL WHERE state = 'running'
