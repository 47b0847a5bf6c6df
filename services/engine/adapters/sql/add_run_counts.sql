-- Count runs that took ($3) or left ($4) the statuses $2 on the days $1; sorted by the caller so that writers never deadlock.
INSERT INTO run_counts AS counts (day, status, taken, left_again)
SELECT day, status, taken, left_again
FROM unnest($1::date[], $2::text[], $3::bigint[], $4::bigint[]) AS given (day, status, taken, left_again)
ON CONFLICT ON CONSTRAINT run_counts_pkey
DO UPDATE SET taken = counts.taken + excluded.taken, left_again = counts.left_again + excluded.left_again
