-- Write the definition $3 of version $2 of the workflow $1 anew, for its secret to be kept apart.
UPDATE workflow_versions SET definition = $3 WHERE workflow_id = $1 AND version = $2
