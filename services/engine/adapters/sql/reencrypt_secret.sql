-- The secret $1, if its ciphertext is still $2, has the ciphertext $3 of the key $4.
UPDATE secrets SET ciphertext = $3, key_id = $4 WHERE name = $1 AND ciphertext = $2 RETURNING name
