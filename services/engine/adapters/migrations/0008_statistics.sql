-- What became of runs and of their steps, by hour and by how long it took; filled from what is there.
--
-- A row for each outcome and magnitude that occurred: medians are read from it, and it is added to in the transaction of
-- the facts. Deleting a workflow takes its statistics with it, as it takes its history.
SET LOCAL lock_timeout = '5s';

-- Whole milliseconds; an end before its beginning is none.
CREATE FUNCTION duration_ms(began_at timestamptz, ended_at timestamptz) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN greatest(0, floor(extract(epoch FROM ended_at - began_at) * 1000))::bigint;

-- On which step of the scale of `services/chassis/magnitudes.py` a duration lies.
CREATE FUNCTION duration_magnitude(milliseconds bigint) RETURNS smallint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN width_bucket(milliseconds, ARRAY[
    1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 91, 128, 181, 256, 362, 512, 724, 1024, 1448, 2048, 2896, 4096, 5793,
    8192, 11585, 16384, 23170, 32768, 46341, 65536, 92682, 131072, 185364, 262144, 370728, 524288, 741455, 1048576,
    1482910, 2097152, 2965821, 4194304, 5931642, 8388608, 11863283, 16777216, 23726566, 33554432, 47453133, 67108864,
    94906266, 134217728, 189812531, 268435456, 379625062, 536870912, 759250125, 1073741824, 1518500250, 2147483648,
    3037000500, 4294967296, 6074001000, 8589934592
]::bigint[])::smallint;

CREATE FUNCTION hour_of(moment timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN date_trunc('hour', moment, 'UTC');

-- `Rejected` is a run that Failed because a person said no. `Started` has neither magnitude nor duration.
CREATE TABLE run_stats (
    hour timestamptz NOT NULL,
    workflow_id uuid NOT NULL,
    outcome text NOT NULL,
    magnitude smallint NOT NULL,
    runs bigint NOT NULL,
    duration_ms bigint NOT NULL,
    CONSTRAINT run_stats_pkey PRIMARY KEY (hour, workflow_id, outcome, magnitude),
    CONSTRAINT run_stats_workflow_fkey FOREIGN KEY (workflow_id) REFERENCES workflows (id) ON DELETE CASCADE,
    CONSTRAINT run_stats_outcome_known 
        CHECK (outcome IN ('Started', 'Completed', 'Failed', 'Rejected', 'Cancelled', 'Ended')),
    CONSTRAINT run_stats_positive CHECK (runs > 0 AND duration_ms >= 0)
) WITH (fillfactor = 70);
CREATE INDEX run_stats_workflow_idx ON run_stats (workflow_id, hour);
CREATE INDEX run_stats_whole_idx ON run_stats (hour) WHERE magnitude < 0;

-- Runs of old days, hour by hour: of all workflows together, and how many of each started.
CREATE TABLE run_hour_stats (
    hour timestamptz NOT NULL,
    outcome text NOT NULL,
    magnitude smallint NOT NULL,
    runs bigint NOT NULL,
    duration_ms bigint NOT NULL,
    CONSTRAINT run_hour_stats_pkey PRIMARY KEY (hour, outcome, magnitude)
);
CREATE TABLE run_start_stats (
    hour timestamptz NOT NULL,
    workflow_id uuid NOT NULL,
    runs bigint NOT NULL,
    CONSTRAINT run_start_stats_pkey PRIMARY KEY (workflow_id, hour),
    CONSTRAINT run_start_stats_workflow_fkey FOREIGN KEY (workflow_id) REFERENCES workflows (id) ON DELETE CASCADE
);

-- The first day (UTC) that is not folded yet. Folded, a day has one row for each outcome, of magnitude -1, and rows of
-- magnitudes that say nothing but how many: of runs as `Ended`, whatever became of them, of steps by their outcome.
CREATE TABLE stats_folded (
    subject text NOT NULL,
    until_at timestamptz NOT NULL,
    CONSTRAINT stats_folded_pkey PRIMARY KEY (subject)
);

-- `Answered` and `Rejected` waited for people, `Slept` for its time; all others did their work.
CREATE TABLE step_stats (
    hour timestamptz NOT NULL,
    workflow_id uuid NOT NULL,
    node text NOT NULL,
    outcome text NOT NULL,
    magnitude smallint NOT NULL,
    steps bigint NOT NULL,
    duration_ms bigint NOT NULL,
    CONSTRAINT step_stats_pkey PRIMARY KEY (hour, workflow_id, node, outcome, magnitude),
    CONSTRAINT step_stats_workflow_fkey FOREIGN KEY (workflow_id) REFERENCES workflows (id) ON DELETE CASCADE,
    CONSTRAINT step_stats_outcome_known CHECK (outcome IN ('Completed', 'Failed', 'Answered', 'Rejected', 'Slept')),
    CONSTRAINT step_stats_positive CHECK (steps > 0 AND duration_ms >= 0)
) WITH (fillfactor = 70);
CREATE INDEX step_stats_node_idx ON step_stats (workflow_id, node, hour);
CREATE INDEX step_stats_whole_idx ON step_stats (hour) WHERE magnitude < 0;

-- When a visit of a step began, by the event that it began with; of a job the first attempt, of calls the first batch.
-- Nearly always among the last events of the run, except for calls, which may have thousands of events after them.
CREATE FUNCTION step_begun_at(run_id uuid, step text, step_visit integer, begun_by text) RETURNS timestamptz
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF begun_by = 'flusso.run.children_called' THEN
        RETURN (
            SELECT occurred_at FROM log
            WHERE stream_id = run_id AND type = begun_by AND data ->> 'node' = step
                AND (data ->> 'visit')::integer = step_visit
            ORDER BY version LIMIT 1
        );
    END IF;
    RETURN (
        SELECT occurred_at FROM log
        WHERE stream_id = run_id AND type = begun_by AND data ->> 'node' = step
            AND (data ->> 'visit')::integer = step_visit AND coalesce((data ->> 'attempt')::integer, 1) = 1
            AND (begun_by <> 'flusso.run.timer_set' OR data ->> 'kind' = 'delay')
        ORDER BY version DESC LIMIT 1
    );
END
$$;

INSERT INTO run_stats (hour, workflow_id, outcome, magnitude, runs, duration_ms)
SELECT hour_of(started_at), workflow_id, 'Started', 0, count(*), 0 FROM runs GROUP BY 1, 2
UNION ALL
SELECT hour_of(finished_at), workflow_id,
    CASE WHEN status = 'Failed' AND error ->> 'code' = 'rejected' THEN 'Rejected' ELSE status END AS outcome,
    duration_magnitude(duration_ms(started_at, finished_at)) AS magnitude, count(*),
    sum(duration_ms(started_at, finished_at))::bigint
FROM runs WHERE finished_at IS NOT NULL GROUP BY 1, 2, 3, 4;

WITH begun AS (
    SELECT stream_id, data ->> 'node' AS node, (data ->> 'visit')::integer AS visit, min(occurred_at) AS began_at,
        bool_or(type = 'flusso.run.timer_set') AS slept
    FROM log
    WHERE type IN ('flusso.run.paused', 'flusso.run.node_scheduled', 'flusso.run.children_called')
        OR (type = 'flusso.run.timer_set' AND data ->> 'kind' = 'delay')
    GROUP BY 1, 2, 3
), ended AS (
    SELECT stream_id, occurred_at, type, coalesce((data ->> 'visit')::integer, 1) AS visit,
        CASE WHEN type = 'flusso.run.failed' THEN data -> 'error' ->> 'node' ELSE data ->> 'node' END AS node
    FROM log
    WHERE type IN ('flusso.run.resumed', 'flusso.run.node_completed', 'flusso.run.node_failed')
        OR (type = 'flusso.run.failed' AND data ->> 'reason' = 'rejected' AND data -> 'error' ->> 'node' IS NOT NULL)
), told AS (
    SELECT ended.occurred_at, runs.workflow_id, ended.node,
        CASE ended.type
            WHEN 'flusso.run.resumed' THEN 'Answered'
            WHEN 'flusso.run.node_failed' THEN 'Failed'
            WHEN 'flusso.run.failed' THEN 'Rejected'
            ELSE CASE WHEN begun.slept THEN 'Slept' ELSE 'Completed' END
        END AS outcome,
        duration_ms(coalesce(begun.began_at, ended.occurred_at), ended.occurred_at) AS milliseconds
    FROM ended
    JOIN runs ON runs.id = ended.stream_id
    LEFT JOIN begun ON begun.stream_id = ended.stream_id AND begun.node = ended.node AND begun.visit = ended.visit
)
INSERT INTO step_stats (hour, workflow_id, node, outcome, magnitude, steps, duration_ms)
SELECT hour_of(occurred_at), workflow_id, node, outcome, duration_magnitude(milliseconds), count(*),
    sum(milliseconds)::bigint
FROM told GROUP BY 1, 2, 3, 4, 5;

INSERT INTO stats_folded (subject, until_at)
SELECT 'runs', date_trunc('day', coalesce(min(hour), now()), 'UTC') FROM run_stats
UNION ALL
SELECT 'steps', date_trunc('day', coalesce(min(hour), now()), 'UTC') FROM step_stats;

-- Runs that took long and ended in a span of time are found by their end, all others by their start: so short runs, which
-- are nearly all, cost no index more. Last of all, since whoever writes runs waits from here to the commit.
CREATE INDEX runs_long_idx ON runs (finished_at DESC, id DESC) WHERE finished_at - started_at > interval '1 hour';
