-- Replace the text $2 of the secret $1 by $3, which is the same secret under another key.
UPDATE webhook_secrets SET ciphertext = $3 WHERE id = $1 AND ciphertext = $2 RETURNING id
