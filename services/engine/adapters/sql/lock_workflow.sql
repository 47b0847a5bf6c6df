-- The head of the workflow $1, locked until the transaction ends.
SELECT name, description, status, version, request_digest FROM workflows WHERE id = $1 LIMIT 1 FOR UPDATE
