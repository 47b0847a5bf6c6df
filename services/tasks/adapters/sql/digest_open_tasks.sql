-- For each first byte of a task id: how many pending tasks were opened before $1, and the exclusive-or of the low 63 of the 64 bits that follow that byte.
SELECT
    get_byte(uuid_send(task_id), 0) AS bucket,
    count(*) AS tasks,
    bit_xor(('x' || substr(replace(task_id::text, '-', ''), 3, 16))::bit(64)::bigint & 9223372036854775807) AS checksum
FROM pending_tasks
WHERE kind IN ('approval', 'manual_input') AND created_at < $1
GROUP BY bucket ORDER BY bucket LIMIT 256
