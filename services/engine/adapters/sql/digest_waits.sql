-- Waits opened before $1, by the last byte of the task id: how many, and the exclusive-or of 63 bits of each.
SELECT get_byte(uuid_send(task_id), 15) AS bucket, count(*)::integer AS count,
    bit_xor(('x' || right(replace(task_id::text, '-', ''), 16))::bit(64)::bigint & 9223372036854775807) AS checksum
FROM waits WHERE opened_at < $1 GROUP BY 1 ORDER BY 1 LIMIT 256
