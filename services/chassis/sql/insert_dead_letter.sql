-- Keep what could not be handled: id $1, consumer $2, event id $3, its type $4, payload $5, reason $6; one that is kept already is counted again.
WITH again AS (
    UPDATE dead_letters SET attempts = attempts + 1, tried_at = now(), reason = $6
    WHERE $3 <> '' AND settled IS NULL AND consumer = $2 AND event_id = $3
    RETURNING 1
)
INSERT INTO dead_letters (id, consumer, event_id, event_type, payload, reason)
SELECT $1, $2, $3, $4, $5, $6 WHERE NOT EXISTS (SELECT 1 FROM again)
