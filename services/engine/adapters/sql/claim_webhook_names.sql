-- The runs of named deliveries: those given ($1 to $3: workflows, names, runs) unless a name has one already.
WITH given AS (
    SELECT DISTINCT ON (workflow_id, name) workflow_id, name, run_id
    FROM unnest($1::uuid[], $2::text[], $3::uuid[]) WITH ORDINALITY AS given (workflow_id, name, run_id, place)
    ORDER BY workflow_id, name, place
)
INSERT INTO webhook_names AS names (workflow_id, name, run_id)
SELECT given.workflow_id, given.name, given.run_id FROM given
JOIN workflows ON workflows.id = given.workflow_id
ORDER BY given.workflow_id, given.name
ON CONFLICT ON CONSTRAINT webhook_names_pkey DO UPDATE SET run_id = names.run_id
RETURNING workflow_id, name, run_id
