-- How many events the relay has yet to tell, and for how many seconds the oldest of them has waited.
SELECT count(*) AS events, coalesce(extract(epoch FROM now() - min(occurred_at)), 0)::float8 AS seconds
FROM (
    SELECT occurred_at FROM log WHERE position > (SELECT position FROM relay_cursor) ORDER BY position LIMIT 100000
) AS untold
