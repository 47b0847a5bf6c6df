-- Keep what could not be handled: id $1, consumer $2, event id $3, its type $4, payload $5, reason $6.
INSERT INTO dead_letters (id, consumer, event_id, event_type, payload, reason) VALUES ($1, $2, $3, $4, $5, $6)
