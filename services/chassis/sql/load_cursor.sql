-- How far the log was told, how far every durable consumer has acknowledged, and in which incarnation of the stream.
SELECT position, consumed_position, stream_created_at, stream_sequence FROM relay_cursor LIMIT 1
