-- The versions of the workflow $1 before version $2 (null: all), newest first, at most $3.
SELECT version, created_at, created_by FROM workflow_versions
WHERE workflow_id = $1 AND ($2::integer IS NULL OR version < $2) ORDER BY version DESC LIMIT $3
