-- The timers of the visits $3 and attempts $4 of the nodes $2 of the runs $1 mean nothing any more; later ones of the same nodes stay.
DELETE FROM timers USING unnest($1::uuid[], $2::text[], $3::integer[], $4::integer[]) AS given (run_id, node, visit, attempt)
WHERE timers.run_id = given.run_id AND timers.node = given.node
    AND timers.visit = given.visit AND timers.attempt = given.attempt
