-- The Active workflows whose trigger is the event $1, at most $2.
SELECT id FROM workflows WHERE event_name = $1 AND status = 'Active' ORDER BY id LIMIT $2
