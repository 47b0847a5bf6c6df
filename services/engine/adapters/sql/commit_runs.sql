-- One batch, whole: events and snapshots ($1 to $12, see append_events; many texts as one have U+001F between them), runs that started ($13 to $22: ids, workflows, names, versions, statuses and triggers as one text each, starts, ends, errors as one text, parents), runs that moved ($23 to $26: ids, statuses as one text, ends, errors as one text), waits that ended ($27) and began ($28 to $30: tasks, runs, times), jobs that ended ($31, $32: runs, nodes) and began ($33 to $37: runs, nodes, visits, attempts, times), timers that ended ($38 to $40: runs, nodes, kinds) and were set ($41 to $46: runs, nodes, kinds, visits, attempts, times), runs that ended with either open ($47), counts ($48 to $51: days, statuses, taken, left again), orders to other runs ($52 to $56: runs, kinds, givers, data, times), runs that ended with child runs under way ($57), the parents' nodes of the runs that started ($58), statistics of runs ($59 to $63: workflows, outcomes, magnitudes, runs, durations in ms), of steps that took no time ($64 to $67: workflows, nodes, outcomes, steps) and of those that had begun before ($68 to $74: workflows, nodes, outcomes, runs, tasks, events that they began with, visits). A start on a version that is no longer the current one is refused like any stale fold.
WITH started AS (
    INSERT INTO runs (id, workflow_id, workflow_name, version, status, trigger, started_at, finished_at, error, parent_run_id, parent_node)
    SELECT given.id, given.workflow_id, given.workflow_name, given.version, given.status, given.trigger,
        given.started_at, given.finished_at, given.error::json, given.parent_run_id, given.parent_node
    FROM unnest($13::uuid[], $14::uuid[], $15::text[], $16::integer[], string_to_array($17, E'\x1f'),
                string_to_array($18, E'\x1f'), $19::timestamptz[], $20::timestamptz[], string_to_array($21, E'\x1f', ''),
                $22::uuid[], $58::text[])
        AS given (id, workflow_id, workflow_name, version, status, trigger, started_at, finished_at, error, parent_run_id,
            parent_node)
    JOIN workflows ON workflows.id = given.workflow_id AND workflows.version = given.version
    ON CONFLICT ON CONSTRAINT runs_pkey DO NOTHING
    RETURNING 1
), moved AS (
    UPDATE runs SET status = given.status, finished_at = given.finished_at, error = given.error::json
    FROM unnest($23::uuid[], string_to_array($24, E'\x1f'), $25::timestamptz[], string_to_array($26, E'\x1f', ''))
        AS given (id, status, finished_at, error)
    WHERE runs.id = given.id
    RETURNING 1
), waits_over AS (
    DELETE FROM waits WHERE task_id = ANY($27::uuid[]) RETURNING task_id, opened_at
), waits_begun AS (
    INSERT INTO waits (task_id, run_id, opened_at)
    SELECT * FROM unnest($28::uuid[], $29::uuid[], $30::timestamptz[])
    ON CONFLICT ON CONSTRAINT waits_pkey DO NOTHING
    RETURNING 1
), jobs_over AS (
    DELETE FROM jobs USING unnest($31::uuid[], $32::text[]) AS given (run_id, node)
    WHERE jobs.run_id = given.run_id AND jobs.node = given.node
    RETURNING 1
), jobs_begun AS (
    INSERT INTO jobs (run_id, node, visit, attempt, offered_at)
    SELECT * FROM unnest($33::uuid[], $34::text[], $35::integer[], $36::integer[], $37::timestamptz[])
    ON CONFLICT ON CONSTRAINT jobs_pkey
    DO UPDATE SET visit = excluded.visit, attempt = excluded.attempt, offered_at = excluded.offered_at
    RETURNING 1
), timers_over AS (
    DELETE FROM timers USING unnest($38::uuid[], $39::text[], $40::text[]) AS given (run_id, node, kind)
    WHERE timers.run_id = given.run_id AND timers.node = given.node AND timers.kind = given.kind
    RETURNING 1
), timers_set AS (
    INSERT INTO timers (run_id, node, kind, visit, attempt, due_at)
    SELECT * FROM unnest($41::uuid[], $42::text[], $43::text[], $44::integer[], $45::integer[], $46::timestamptz[])
    ON CONFLICT ON CONSTRAINT timers_pkey
    DO UPDATE SET visit = excluded.visit, attempt = excluded.attempt, due_at = excluded.due_at, claimed_until = NULL
    RETURNING 1
), ended_jobs AS (
    DELETE FROM jobs WHERE run_id = ANY($47::uuid[]) RETURNING 1
), ended_timers AS (
    DELETE FROM timers WHERE run_id = ANY($47::uuid[]) RETURNING 1
), counted AS (
    INSERT INTO run_counts AS counts (day, status, taken, left_again)
    SELECT * FROM unnest($48::date[], $49::text[], $50::bigint[], $51::bigint[])
    ON CONFLICT ON CONSTRAINT run_counts_pkey
    DO UPDATE SET taken = counts.taken + excluded.taken, left_again = counts.left_again + excluded.left_again
    RETURNING 1
), orders_given AS (
    INSERT INTO run_orders (run_id, kind, giver_id, data, due_at, given_at)
    SELECT given.run_id, given.kind, given.giver_id, given.data::json, given.due_at, given.due_at
    FROM unnest($52::uuid[], $53::text[], $54::uuid[], $55::text[], $56::timestamptz[])
        WITH ORDINALITY AS given (run_id, kind, giver_id, data, due_at, place) ORDER BY given.place
    RETURNING 1
), starts_dropped AS (
    DELETE FROM run_orders WHERE giver_id = ANY($57::uuid[]) AND kind = 'start' AND (data -> 'parent' ->> 'waits')::boolean RETURNING 1
), run_stats_kept AS (
    INSERT INTO run_stats AS stats (hour, workflow_id, outcome, magnitude, runs, duration_ms)
    SELECT hour_of($12::timestamptz), workflow_id, outcome, magnitude, runs, duration_ms
    FROM unnest($59::uuid[], $60::text[], $61::smallint[], $62::bigint[], $63::bigint[])
        AS given (workflow_id, outcome, magnitude, runs, duration_ms)
    ON CONFLICT ON CONSTRAINT run_stats_pkey
    DO UPDATE SET runs = stats.runs + excluded.runs, duration_ms = stats.duration_ms + excluded.duration_ms
    RETURNING 1
), steps_over AS (
    SELECT given.workflow_id, given.node, given.outcome, duration_ms(
        coalesce(waits_over.opened_at, step_begun_at(given.run_id, given.node, given.visit, given.begun_by), $12), $12
    ) AS duration_ms
    FROM unnest($68::uuid[], $69::text[], $70::text[], $71::uuid[], $72::uuid[], $73::text[], $74::integer[])
        AS given (workflow_id, node, outcome, run_id, task_id, begun_by, visit)
    LEFT JOIN waits_over ON waits_over.task_id = given.task_id
), step_stats_kept AS (
    INSERT INTO step_stats AS stats (hour, workflow_id, node, outcome, magnitude, steps, duration_ms)
    SELECT hour_of($12::timestamptz), workflow_id, node, outcome, magnitude, sum(steps)::bigint, sum(duration_ms)::bigint
    FROM (
        SELECT workflow_id, node, outcome, 0::smallint AS magnitude, steps, 0::bigint AS duration_ms
        FROM unnest($64::uuid[], $65::text[], $66::text[], $67::bigint[]) AS given (workflow_id, node, outcome, steps)
        UNION ALL
        SELECT workflow_id, node, outcome, duration_magnitude(duration_ms), 1, duration_ms FROM steps_over
    ) AS given
    GROUP BY workflow_id, node, outcome, magnitude ORDER BY workflow_id, node, outcome, magnitude
    ON CONFLICT ON CONSTRAINT step_stats_pkey
    DO UPDATE SET steps = stats.steps + excluded.steps, duration_ms = stats.duration_ms + excluded.duration_ms
    RETURNING 1
)
-- Everything above is written before the log's lock is taken.
SELECT CASE
    WHEN (SELECT count(*) FROM started) <> cardinality($13::uuid[]) THEN refuse_stale()
    ELSE append_events(
        $1, $2, $3, string_to_array($4, E'\x1f'), $5, $6, string_to_array($7, E'\x1f'), $8, string_to_array($9, E'\x1f'),
        string_to_array($10, E'\x1f'), string_to_array($11, E'\x1f', ''), $12
    )
END
WHERE (SELECT count(*) FROM moved) + (SELECT count(*) FROM waits_over) + (SELECT count(*) FROM waits_begun)
    + (SELECT count(*) FROM jobs_over) + (SELECT count(*) FROM jobs_begun) + (SELECT count(*) FROM timers_over)
    + (SELECT count(*) FROM timers_set) + (SELECT count(*) FROM ended_jobs) + (SELECT count(*) FROM ended_timers)
    + (SELECT count(*) FROM counted) + (SELECT count(*) FROM orders_given)
    + (SELECT count(*) FROM starts_dropped) + (SELECT count(*) FROM run_stats_kept)
    + (SELECT count(*) FROM step_stats_kept) >= 0
