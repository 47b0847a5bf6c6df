-- The ciphertexts of the secrets $1, which are used at $2; when one was used last is true to a minute.
WITH used AS (
    UPDATE secrets SET used_at = $2::timestamptz WHERE name IN (
        SELECT stale.name FROM secrets AS stale
        WHERE stale.name = ANY($1::text[]) AND (stale.used_at IS NULL OR stale.used_at < $2::timestamptz - interval '1 minute')
        ORDER BY stale.name FOR UPDATE SKIP LOCKED
    )
)
SELECT name, ciphertext FROM secrets WHERE name = ANY($1::text[]) ORDER BY name LIMIT 1000
