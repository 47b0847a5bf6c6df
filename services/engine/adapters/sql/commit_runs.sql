-- One batch, whole: events and snapshots ($1 to $12, see append_events), runs that started ($13 to $21: ids, workflows, names, versions, statuses, triggers, starts, ends, errors), runs that moved ($22 to $25: ids, statuses, ends, errors), waits that ended ($26) and began ($27 to $29: tasks, runs, times), jobs that ended ($30, $31: runs, nodes) and began ($32 to $36: runs, nodes, visits, attempts, times), timers that ended ($37, $38) and were set ($39 to $43), runs that ended with either open ($44), counts ($45 to $48: days, statuses, taken, left again). A start on a version that is no longer the current one is refused like any stale fold.
WITH started AS (
    INSERT INTO runs (id, workflow_id, workflow_name, version, status, trigger, started_at, finished_at, error)
    SELECT given.id, given.workflow_id, given.workflow_name, given.version, given.status, given.trigger,
        given.started_at, given.finished_at, given.error::json
    FROM unnest($13::uuid[], $14::uuid[], $15::text[], $16::integer[], $17::text[], $18::text[], $19::timestamptz[],
                $20::timestamptz[], $21::text[])
        AS given (id, workflow_id, workflow_name, version, status, trigger, started_at, finished_at, error)
    JOIN workflows ON workflows.id = given.workflow_id AND workflows.version = given.version
    ON CONFLICT ON CONSTRAINT runs_pkey DO NOTHING
    RETURNING 1
), moved AS (
    UPDATE runs SET status = given.status, finished_at = given.finished_at, error = given.error::json
    FROM unnest($22::uuid[], $23::text[], $24::timestamptz[], $25::text[]) AS given (id, status, finished_at, error)
    WHERE runs.id = given.id
    RETURNING 1
), waits_over AS (
    DELETE FROM waits WHERE task_id = ANY($26::uuid[]) RETURNING 1
), waits_begun AS (
    INSERT INTO waits (task_id, run_id, opened_at)
    SELECT * FROM unnest($27::uuid[], $28::uuid[], $29::timestamptz[])
    ON CONFLICT ON CONSTRAINT waits_pkey DO NOTHING
    RETURNING 1
), jobs_over AS (
    DELETE FROM jobs USING unnest($30::uuid[], $31::text[]) AS given (run_id, node)
    WHERE jobs.run_id = given.run_id AND jobs.node = given.node
    RETURNING 1
), jobs_begun AS (
    INSERT INTO jobs (run_id, node, visit, attempt, offered_at)
    SELECT * FROM unnest($32::uuid[], $33::text[], $34::integer[], $35::integer[], $36::timestamptz[])
    ON CONFLICT ON CONSTRAINT jobs_pkey
    DO UPDATE SET visit = excluded.visit, attempt = excluded.attempt, offered_at = excluded.offered_at
    RETURNING 1
), timers_over AS (
    DELETE FROM timers USING unnest($37::uuid[], $38::text[]) AS given (run_id, node)
    WHERE timers.run_id = given.run_id AND timers.node = given.node
    RETURNING 1
), timers_set AS (
    INSERT INTO timers (run_id, node, visit, attempt, due_at)
    SELECT * FROM unnest($39::uuid[], $40::text[], $41::integer[], $42::integer[], $43::timestamptz[])
    ON CONFLICT ON CONSTRAINT timers_pkey
    DO UPDATE SET visit = excluded.visit, attempt = excluded.attempt, due_at = excluded.due_at
    RETURNING 1
), ended_jobs AS (
    DELETE FROM jobs WHERE run_id = ANY($44::uuid[]) RETURNING 1
), ended_timers AS (
    DELETE FROM timers WHERE run_id = ANY($44::uuid[]) RETURNING 1
), counted AS (
    INSERT INTO run_counts AS counts (day, status, taken, left_again)
    SELECT * FROM unnest($45::date[], $46::text[], $47::bigint[], $48::bigint[])
    ON CONFLICT ON CONSTRAINT run_counts_pkey
    DO UPDATE SET taken = counts.taken + excluded.taken, left_again = counts.left_again + excluded.left_again
    RETURNING 1
)
-- Everything above is written before the log's lock is taken.
SELECT CASE
    WHEN (SELECT count(*) FROM started) <> cardinality($13::uuid[]) THEN refuse_stale()
    ELSE append_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
END
WHERE (SELECT count(*) FROM moved) + (SELECT count(*) FROM waits_over) + (SELECT count(*) FROM waits_begun)
    + (SELECT count(*) FROM jobs_over) + (SELECT count(*) FROM jobs_begun) + (SELECT count(*) FROM timers_over)
    + (SELECT count(*) FROM timers_set) + (SELECT count(*) FROM ended_jobs) + (SELECT count(*) FROM ended_timers)
    + (SELECT count(*) FROM counted) >= 0
