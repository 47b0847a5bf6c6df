-- Ends a session. $1 digest.
DELETE FROM sessions WHERE digest = $1
