-- An engine has looked at $1.
UPDATE schedule_looks SET looked_at = $1 WHERE looked_at < $1
