-- The hashes of the entries at positions from $1 to $2, at most $3, in order.
SELECT position, hash FROM chain_entries WHERE position BETWEEN $1 AND $2 ORDER BY position LIMIT $3
