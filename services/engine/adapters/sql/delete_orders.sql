-- The orders $1 were carried out, or never will be.
DELETE FROM run_orders WHERE id = ANY($1::bigint[])
