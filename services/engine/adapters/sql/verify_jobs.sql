-- The jobs of the runs $1.
SELECT run_id, node, visit, attempt FROM jobs WHERE run_id = ANY($1::uuid[]) ORDER BY run_id, node LIMIT 100000
