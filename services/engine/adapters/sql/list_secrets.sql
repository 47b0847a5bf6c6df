-- Secrets after the name $1 (null: from the first), by name, at most $2; no ciphertext.
SELECT name, description, key_id, created_at, updated_at, updated_by, used_at FROM secrets
WHERE $1::text IS NULL OR name > $1 ORDER BY name LIMIT $2
