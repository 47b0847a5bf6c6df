-- Up to where the log is sealed, and the last checkpoint, if there is one.
SELECT cursor.position, cursor.checkpoints, cursor.entries, last.number, last.first_position, last.last_position,
    last.entries AS last_entries, last.root, last.previous, last.signed_at, last.key_id
FROM chain_cursor cursor LEFT JOIN checkpoints last ON last.number = cursor.checkpoints
LIMIT 1
