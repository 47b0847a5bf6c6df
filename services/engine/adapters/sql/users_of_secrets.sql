-- The workflows whose current versions use the secrets $1, by name, at most $2 for each, with how many there are.
SELECT found.secret, found.workflow_id, found.workflow_name, found.total
FROM (
    SELECT workflow_secrets.name AS secret, workflows.id AS workflow_id, workflows.name AS workflow_name,
        count(*) OVER (PARTITION BY workflow_secrets.name) AS total,
        row_number() OVER (PARTITION BY workflow_secrets.name ORDER BY workflows.name, workflows.id) AS place
    FROM workflow_secrets JOIN workflows ON workflows.id = workflow_secrets.workflow_id
    WHERE workflow_secrets.name = ANY($1::text[])
) AS found
WHERE found.place <= $2
ORDER BY found.secret, found.place
LIMIT 10000
