-- Unsettled dead letters of the reason $1 (null: any) before the place $2, $3 (time, id; null: from the newest), at most $4.
SELECT id, consumer, event_id, event_type, reason, attempts, received_at, tried_at
FROM dead_letters
WHERE settled IS NULL AND ($1::text IS NULL OR reason = $1)
    AND ($2::timestamptz IS NULL OR (received_at, id) < ($2, $3::uuid))
ORDER BY received_at DESC, id DESC LIMIT $4
