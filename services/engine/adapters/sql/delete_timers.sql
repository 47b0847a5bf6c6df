-- The timers of the nodes $2 of the runs $1 are over.
DELETE FROM timers USING unnest($1::uuid[], $2::text[]) AS given (run_id, node)
WHERE timers.run_id = given.run_id AND timers.node = given.node
