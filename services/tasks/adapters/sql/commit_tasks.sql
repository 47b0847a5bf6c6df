-- One batch, whole: events and snapshots ($1 to $12, see append_events; many texts as one have U+001F between them), tasks that opened ($13 to $20: ids, runs, workflows, kinds as one text, times, items as one text, words between U+001F, due dates), tasks that ended ($21 to $24: ids, statuses as one text, times, items as one text), counts ($25 to $29: workflows, kinds, opened, resolved, closed), tasks of the history that are shown anew ($30, $31: ids, items), timeouts that begin to run ($32, $33: ids, times), timeouts that are over ($34: ids), statistics of decisions ($35 to $43: hours, workflows, nodes, outcomes, magnitudes, decisions, durations in ms, names of workflows and steps). Rows that do not fit mean a stale fold, which append_events then refuses.
WITH opened AS (
    SELECT task_id, run_id, workflow_id, kind, created_at, due_at, item::json AS item,
        array_to_tsvector(string_to_array(words, E'\x1f')) AS words
    FROM unnest($13::uuid[], $14::uuid[], $15::uuid[], string_to_array($16, E'\x1f'), $17::timestamptz[],
                string_to_array($18, E'\x1f'), $19::text[], $20::timestamptz[])
        AS given (task_id, run_id, workflow_id, kind, created_at, item, words, due_at)
), ended AS (
    SELECT task_id, status, ended_at, item::json AS item
    FROM unnest($21::uuid[], string_to_array($22, E'\x1f'), $23::timestamptz[], string_to_array($24, E'\x1f'))
        AS given (task_id, status, ended_at, item)
), put AS (
    INSERT INTO pending_tasks (task_id, run_id, workflow_id, kind, created_at, due_at, item, words)
    SELECT task_id, run_id, workflow_id, kind, created_at, due_at, item, words FROM opened
    WHERE NOT EXISTS (SELECT 1 FROM ended WHERE ended.task_id = opened.task_id)
    ON CONFLICT ON CONSTRAINT pending_tasks_pkey DO NOTHING
    RETURNING 1
), taken AS (
    DELETE FROM pending_tasks USING ended WHERE pending_tasks.task_id = ended.task_id
    RETURNING pending_tasks.task_id, workflow_id, kind, words, ended.status, ended.ended_at, ended.item
), kept AS (
    INSERT INTO ended_tasks (task_id, workflow_id, kind, status, ended_at, item, words)
    SELECT task_id, workflow_id, kind, status, ended_at, item, words FROM taken
    UNION ALL
    SELECT opened.task_id, opened.workflow_id, opened.kind, ended.status, ended.ended_at, ended.item, opened.words
    FROM opened JOIN ended ON ended.task_id = opened.task_id
    RETURNING 1
), counted AS (
    INSERT INTO task_counts AS counts (workflow_id, kind, opened, resolved, closed)
    SELECT * FROM unnest($25::uuid[], $26::text[], $27::bigint[], $28::bigint[], $29::bigint[])
    ON CONFLICT ON CONSTRAINT task_counts_pkey DO UPDATE SET
        opened = counts.opened + excluded.opened,
        resolved = counts.resolved + excluded.resolved,
        closed = counts.closed + excluded.closed
    RETURNING 1
), renewed AS (
    UPDATE ended_tasks SET item = given.item::json
    FROM unnest($30::uuid[], $31::text[]) AS given (task_id, item)
    WHERE ended_tasks.task_id = given.task_id
    RETURNING 1
), timed AS (
    INSERT INTO task_timeouts (task_id, fires_at)
    SELECT * FROM unnest($32::uuid[], $33::timestamptz[])
    ON CONFLICT ON CONSTRAINT task_timeouts_pkey DO NOTHING
    RETURNING 1
), untimed AS (
    DELETE FROM task_timeouts USING unnest($34::uuid[]) AS given (task_id) WHERE task_timeouts.task_id = given.task_id
    RETURNING 1
), stats_kept AS (
    INSERT INTO decision_stats AS stats
        (hour, workflow_id, node, outcome, magnitude, decisions, duration_ms, workflow_name, step_name)
    SELECT hour_of(decided_at), workflow_id, node, outcome, magnitude, decisions, duration_ms, workflow_name, step_name
    FROM unnest($35::timestamptz[], $36::uuid[], $37::text[], $38::text[], $39::smallint[], $40::bigint[], $41::bigint[],
                $42::text[], $43::text[])
        AS given (decided_at, workflow_id, node, outcome, magnitude, decisions, duration_ms, workflow_name, step_name)
    ON CONFLICT ON CONSTRAINT decision_stats_pkey DO UPDATE SET
        decisions = stats.decisions + excluded.decisions,
        duration_ms = stats.duration_ms + excluded.duration_ms,
        workflow_name = excluded.workflow_name,
        step_name = excluded.step_name
    RETURNING 1
)
-- Everything above is written before the log's lock is taken.
SELECT append_events(
    $1, $2, $3, string_to_array($4, E'\x1f'), $5, $6, string_to_array($7, E'\x1f'), $8, string_to_array($9, E'\x1f'),
    string_to_array($10, E'\x1f'), string_to_array($11, E'\x1f', ''), $12
)
WHERE (SELECT count(*) FROM put) + (SELECT count(*) FROM kept) + (SELECT count(*) FROM counted)
    + (SELECT count(*) FROM renewed) + (SELECT count(*) FROM timed) + (SELECT count(*) FROM untimed) + (SELECT count(*) FROM stats_kept) >= 0
