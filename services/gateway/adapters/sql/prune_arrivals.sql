-- Forgets refused arrivals. $1 refused before.
DELETE FROM intake WHERE refused_at < $1
