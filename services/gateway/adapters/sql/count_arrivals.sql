-- How many arrivals wait, as far as it matters. $1 the most that are counted.
SELECT count(*) FROM (SELECT 1 FROM intake WHERE refused_at IS NULL LIMIT $1) AS waiting
