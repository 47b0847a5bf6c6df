-- The first and the last position of the log; 1 and 0 if it is empty.
SELECT coalesce(min(position), 1) AS first, coalesce(max(position), 0) AS last FROM log
