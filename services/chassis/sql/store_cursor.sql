-- Store how far the log was told ($1), acknowledged ($2), the stream's incarnation ($3) and its last sequence ($4).
UPDATE relay_cursor
SET position = $1, consumed_position = $2, stream_created_at = $3, stream_sequence = $4
