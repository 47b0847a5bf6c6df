-- Hold the queues of the workflows $1 until the transaction ends. Does not hinder starts.
SELECT id FROM workflows WHERE id = ANY($1::uuid[]) ORDER BY id LIMIT 1000 FOR NO KEY UPDATE
