-- The unsettled dead letters $1, or all of the reason $2 where there are no ids, oldest first, at most $3.
SELECT id, consumer, payload FROM dead_letters
WHERE settled IS NULL AND (id = ANY($1::uuid[]) OR (cardinality($1::uuid[]) = 0 AND reason = $2))
ORDER BY received_at, id LIMIT $3
