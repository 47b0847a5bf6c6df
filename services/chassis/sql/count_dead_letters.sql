-- The most frequent reasons of unsettled dead letters, at most $1, each with how many there are, and how many in all.
SELECT reason, count(*) AS letters, (sum(count(*)) OVER ())::bigint AS total
FROM dead_letters WHERE settled IS NULL GROUP BY reason ORDER BY letters DESC, reason LIMIT $1
