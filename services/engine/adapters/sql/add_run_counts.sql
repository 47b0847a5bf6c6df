-- Add $3 to the counts of the days $1 and statuses $2, in their order, so that writers never deadlock.
INSERT INTO run_counts (day, status, runs)
SELECT day, status, delta FROM unnest($1::date[], $2::text[], $3::bigint[]) AS given (day, status, delta)
ORDER BY day, status
ON CONFLICT ON CONSTRAINT run_counts_pkey DO UPDATE SET runs = run_counts.runs + excluded.runs
