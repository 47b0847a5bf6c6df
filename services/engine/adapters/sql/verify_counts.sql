-- Where the counters of runs differ from the runs that there are, at most a hundred.
SELECT coalesce(counted.day, present.day) AS day, coalesce(counted.status, present.status) AS status,
    coalesce(counted.runs, 0) AS counted, coalesce(present.runs, 0) AS present
FROM (SELECT day, status, taken - left_again AS runs FROM run_counts) AS counted
FULL JOIN (
    SELECT (started_at AT TIME ZONE 'UTC')::date AS day, status, count(*) AS runs FROM runs GROUP BY 1, 2
) AS present ON counted.day = present.day AND counted.status = present.status
WHERE coalesce(counted.runs, 0) <> coalesce(present.runs, 0)
ORDER BY day, status LIMIT 100
