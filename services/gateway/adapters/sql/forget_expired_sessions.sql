-- Forgets sessions that ended before a time. $1 that time.
DELETE FROM sessions WHERE expires_at < $1
