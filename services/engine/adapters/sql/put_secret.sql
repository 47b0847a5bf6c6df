-- Set the secret $1: description $2 (null: as it was), ciphertext $3, key $4, at $5, by $6. Nothing if it is new and there are $7 already.
INSERT INTO secrets (name, description, ciphertext, key_id, created_at, updated_at, updated_by)
SELECT $1, coalesce($2, ''), $3, $4, $5, $5, $6
WHERE EXISTS (SELECT 1 FROM secrets WHERE name = $1) OR (SELECT count(*) FROM secrets) < $7
ON CONFLICT ON CONSTRAINT secrets_pkey
DO UPDATE SET description = coalesce($2, secrets.description), ciphertext = excluded.ciphertext, key_id = excluded.key_id,
    updated_at = excluded.updated_at, updated_by = excluded.updated_by
RETURNING name, description, key_id, created_at, updated_at, updated_by, used_at
