-- Waits opened before $1, by the last byte of the task id: how many, and the exclusive-or of the hashes of the ids.
SELECT get_byte(uuid_send(task_id), 15) AS bucket, count(*)::integer AS count,
    bit_xor(uuid_hash_extended(task_id, 0)) AS checksum
FROM waits WHERE opened_at < $1 GROUP BY bucket ORDER BY bucket LIMIT 256
