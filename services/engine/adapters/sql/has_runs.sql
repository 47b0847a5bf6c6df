-- Tell whether the workflow $1 has any run.
SELECT EXISTS (SELECT 1 FROM runs WHERE workflow_id = $1)
