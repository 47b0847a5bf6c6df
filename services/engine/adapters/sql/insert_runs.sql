-- Runs have started: ids $1, workflow ids $2, names $3, versions $4, statuses $5, triggers $6, starts $7, ends $8, errors $9.
INSERT INTO runs (id, workflow_id, workflow_name, version, status, trigger, started_at, finished_at, error)
SELECT id, workflow_id, workflow_name, version, status, trigger, started_at, finished_at, error::json
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[], $5::text[], $6::text[], $7::timestamptz[],
            $8::timestamptz[], $9::text[])
    AS given (id, workflow_id, workflow_name, version, status, trigger, started_at, finished_at, error)
