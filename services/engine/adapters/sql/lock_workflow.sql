-- The version of the workflow $1, which is locked until the transaction ends.
SELECT version FROM workflows WHERE id = $1 LIMIT 1 FOR UPDATE
