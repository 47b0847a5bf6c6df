-- Up to $2 secrets that are not encrypted with the key whose texts begin with $1.
SELECT id, workflow_id, ciphertext FROM webhook_secrets WHERE NOT starts_with(ciphertext, $1) ORDER BY id LIMIT $2
