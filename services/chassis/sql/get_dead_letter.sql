-- The unsettled dead letter $1 with its payload.
SELECT id, consumer, event_id, event_type, reason, attempts, received_at, tried_at, payload
FROM dead_letters WHERE id = $1 AND settled IS NULL LIMIT 1
