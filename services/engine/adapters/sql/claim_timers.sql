-- Claim timers that are due by $1, the earliest first, at most $3: nobody else gets them before $2. Never waits for another replica.
WITH due AS MATERIALIZED (
    SELECT run_id, node, kind FROM timers
    WHERE due_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1)
    ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE timers SET claimed_until = $2 FROM due
    WHERE timers.run_id = due.run_id AND timers.node = due.node AND timers.kind = due.kind
    RETURNING timers.run_id, timers.node, timers.kind, timers.visit, timers.attempt, timers.due_at
)
SELECT run_id, node, kind, visit, attempt, due_at FROM claimed ORDER BY due_at, run_id, node LIMIT $3
