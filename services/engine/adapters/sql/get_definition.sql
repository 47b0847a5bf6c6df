-- The definition of version $2 of the workflow $1.
SELECT definition FROM workflow_versions WHERE workflow_id = $1 AND version = $2 LIMIT 1
