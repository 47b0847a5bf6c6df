-- Runs have moved: ids $1, statuses $2, ends $3, errors $4.
UPDATE runs SET status = given.status, finished_at = given.finished_at, error = given.error::json
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[]) AS given (id, status, finished_at, error)
WHERE runs.id = given.id
