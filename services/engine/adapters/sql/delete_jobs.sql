-- The nodes $2 of the runs $1 have their results.
DELETE FROM jobs USING unnest($1::uuid[], $2::text[]) AS given (run_id, node)
WHERE jobs.run_id = given.run_id AND jobs.node = given.node
