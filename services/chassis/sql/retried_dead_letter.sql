-- Note that the dead letter $1 was tried in vain once more, and why ($2).
UPDATE dead_letters SET attempts = attempts + 1, tried_at = now(), reason = $2 WHERE id = $1 AND settled IS NULL
