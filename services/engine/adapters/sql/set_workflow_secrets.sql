-- The current version of the workflow $1 uses the secrets $2.
WITH no_more AS (
    DELETE FROM workflow_secrets WHERE workflow_id = $1 AND name <> ALL($2::text[])
)
INSERT INTO workflow_secrets (workflow_id, name) SELECT $1, unnest($2::text[])
ON CONFLICT ON CONSTRAINT workflow_secrets_pkey DO NOTHING
