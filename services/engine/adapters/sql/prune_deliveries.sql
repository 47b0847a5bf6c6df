-- Forget all but the last $2 deliveries of each kind, authentic or not, of the workflows $1.
DELETE FROM webhook_deliveries AS old USING (
    SELECT id, row_number() OVER (PARTITION BY workflow_id, authentic ORDER BY id DESC) AS place
    FROM webhook_deliveries WHERE workflow_id = ANY($1::uuid[])
) AS ranked
WHERE old.id = ranked.id AND ranked.place > $2
