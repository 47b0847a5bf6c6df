-- What would go with the workflow $1: its name, and up to $2 of its runs and of its live runs, counted.
SELECT w.name,
    (SELECT count(*) FROM (SELECT 1 FROM runs WHERE workflow_id = w.id LIMIT $2) AS counted) AS runs,
    (SELECT count(*) FROM (
        SELECT 1 FROM runs WHERE workflow_id = w.id AND finished_at IS NULL LIMIT $2) AS counted) AS live_runs
FROM workflows AS w WHERE w.id = $1 LIMIT 1
