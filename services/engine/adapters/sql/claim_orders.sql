-- Take orders that are due by $1, oldest first, at most $3; they are due again at $2, should nobody have carried them out by then.
UPDATE run_orders SET due_at = $2, attempts = run_orders.attempts + 1
FROM (SELECT id FROM run_orders WHERE due_at <= $1 ORDER BY due_at, id LIMIT $3 FOR UPDATE SKIP LOCKED) AS due
WHERE run_orders.id = due.id
RETURNING run_orders.id, run_orders.run_id, run_orders.kind, run_orders.giver_id, run_orders.data, run_orders.given_at,
    run_orders.attempts
