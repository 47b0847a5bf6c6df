-- Delete the secret $1, in use only if $2; nothing if it is not there or must stay.
DELETE FROM secrets WHERE name = $1 AND ($2 OR NOT EXISTS (SELECT 1 FROM workflow_secrets WHERE workflow_secrets.name = $1))
RETURNING name
