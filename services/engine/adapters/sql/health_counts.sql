-- How many waits for people, side effects, timers and orders between runs there are, each counted up to a million.
SELECT (SELECT count(*) FROM (SELECT 1 FROM waits LIMIT 1000000) AS counted) AS waits,
    (SELECT count(*) FROM (SELECT 1 FROM jobs LIMIT 1000000) AS counted) AS jobs,
    (SELECT count(*) FROM (SELECT 1 FROM timers LIMIT 1000000) AS counted) AS timers,
    (SELECT count(*) FROM (SELECT 1 FROM run_orders LIMIT 1000000) AS counted) AS orders
