-- Pending tasks that were opened before $1, by the last byte of the task id: how many, and the exclusive-or of the hashes of the ids.
SELECT get_byte(uuid_send(task_id), 15) AS bucket, count(*)::integer AS tasks,
    bit_xor(uuid_hash_extended(task_id, 0)) AS checksum
FROM pending_tasks WHERE created_at < $1 GROUP BY bucket ORDER BY bucket LIMIT 256
