-- The folds of the streams $1; streams without events are missing from the answer.
SELECT stream_id, version, state FROM snapshots WHERE stream_id = ANY($1::uuid[]) LIMIT 1000
