-- Tell whether the result of the attempt $4 of the visit $3 of the node $2 of the run $1 is still awaited.
SELECT EXISTS (SELECT 1 FROM jobs WHERE run_id = $1 AND node = $2 AND visit = $3 AND attempt = $4)
