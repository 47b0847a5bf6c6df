-- The current version of the workflow $1 has the event $2 as its trigger; null: it has another one.
UPDATE workflows SET event_name = $2 WHERE id = $1
