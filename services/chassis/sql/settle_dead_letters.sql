-- Settle the dead letters $1, or all of the reason $2 where there are no ids, as $3 by $4: who and when is kept, what came is not.
UPDATE dead_letters SET settled = $3, settled_by = $4, settled_at = now(), payload = ''
WHERE settled IS NULL AND (id = ANY($1::uuid[]) OR (cardinality($1::uuid[]) = 0 AND reason = $2))
RETURNING id
