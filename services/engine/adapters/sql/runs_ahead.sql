-- How many runs of the workflow $1 wait for a slot and come before the run $3, accepted at $2; counts at most $4.
SELECT count(*) FROM (
    SELECT 1 FROM runs
    WHERE workflow_id = $1 AND status = 'Queued' AND admitted_at IS NULL AND (started_at, id) < ($2, $3::uuid)
    LIMIT $4
) AS ahead
