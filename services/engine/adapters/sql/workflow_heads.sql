-- The heads of the workflows $1.
SELECT id, name, status, version FROM workflows WHERE id = ANY($1::uuid[]) LIMIT 1000
