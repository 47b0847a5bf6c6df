-- The names of all secrets, at most $1.
SELECT name FROM secrets ORDER BY name LIMIT $1
