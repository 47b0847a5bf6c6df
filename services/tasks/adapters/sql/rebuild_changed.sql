-- The next $2 events after position $1: the task and the position of each.
SELECT position, stream_id FROM log WHERE position > $1 ORDER BY position LIMIT $2
