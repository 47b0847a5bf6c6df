-- Up to $3 secrets after $2 that are not encrypted with the key whose texts begin with $1.
SELECT id, workflow_id, ciphertext FROM webhook_secrets
WHERE NOT starts_with(ciphertext, $1) AND id > $2 ORDER BY id LIMIT $3
