-- The timers of the kinds $3, visits $4 and attempts $5 of the nodes $2 of the runs $1 that were due by $6 mean nothing any more; later ones of the same nodes stay.
DELETE FROM timers
USING unnest($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::integer[]) AS given (run_id, node, kind, visit, attempt)
WHERE timers.run_id = given.run_id AND timers.node = given.node AND timers.kind = given.kind
    AND timers.visit = given.visit AND timers.attempt = given.attempt AND timers.due_at <= $6
