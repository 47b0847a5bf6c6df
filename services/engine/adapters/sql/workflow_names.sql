-- Names of workflows, last changed first, at most $1.
SELECT name FROM workflows ORDER BY updated_at DESC, id DESC LIMIT $1
