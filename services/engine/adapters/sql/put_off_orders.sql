-- The orders $1 are due again at $2.
UPDATE run_orders SET due_at = $2 WHERE id = ANY($1::bigint[])
