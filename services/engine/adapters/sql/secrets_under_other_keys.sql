-- Secrets after the name $2 (null: from the first) that were not encrypted with the key $1, by name, at most $3.
SELECT name, ciphertext FROM secrets WHERE key_id <> $1 AND ($2::text IS NULL OR name > $2) ORDER BY name LIMIT $3
