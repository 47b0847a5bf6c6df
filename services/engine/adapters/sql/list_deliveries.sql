-- The last $2 deliveries of the workflow $1, newest first.
SELECT id, received_at, method, headers, body_bytes, sent_as, authentic, verdict, run_id, code, message
FROM webhook_deliveries WHERE workflow_id = $1 ORDER BY id DESC LIMIT $2
