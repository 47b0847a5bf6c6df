-- The timers of the kinds $3 of the nodes $2 of the runs $1 could not be fired: anybody may claim them again after $4.
UPDATE timers SET claimed_until = $4
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS given (run_id, node, kind)
WHERE timers.run_id = given.run_id AND timers.node = given.node AND timers.kind = given.kind
