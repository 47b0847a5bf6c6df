-- The delivery $2 of the workflow $1.
SELECT id, received_at, method, headers, query, body, body_bytes, sent_as, authentic, verdict, run_id, code, message
FROM webhook_deliveries WHERE workflow_id = $1 AND id = $2 LIMIT 1
