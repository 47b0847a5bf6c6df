-- The checkpoints $1, at most $2, in order, with the public halves of their keys.
SELECT number, first_position, last_position, entries, root, previous, signed_at, checkpoints.key_id, signature, public_key
FROM checkpoints LEFT JOIN signing_keys ON signing_keys.key_id = checkpoints.key_id
WHERE number = ANY($1::bigint[]) ORDER BY number LIMIT $2
