-- The runs that there are events, folds or rows of, after $1, at most $2, by id.
SELECT id FROM (
    (SELECT stream_id AS id FROM snapshots WHERE stream_id > $1 ORDER BY stream_id LIMIT $2)
    UNION (SELECT DISTINCT stream_id FROM log WHERE stream_id > $1 ORDER BY stream_id LIMIT $2)
    UNION (SELECT id FROM runs WHERE id > $1 ORDER BY id LIMIT $2)
    UNION (SELECT DISTINCT run_id FROM jobs WHERE run_id > $1 ORDER BY run_id LIMIT $2)
    UNION (SELECT DISTINCT run_id FROM timers WHERE run_id > $1 ORDER BY run_id LIMIT $2)
) AS known ORDER BY id LIMIT $2
