-- An engine looks at $1; written down every few seconds.
UPDATE schedule_looks SET looked_at = $1 WHERE looked_at < $1::timestamptz - interval '5 seconds'
