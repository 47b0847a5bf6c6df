-- How long people took to decide, by hour, step and answer; filled from the history.
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

-- A row for each answer and magnitude that occurred; the names are those of the last decision of its hour.
CREATE TABLE decision_stats (
    hour timestamptz NOT NULL,
    workflow_id uuid NOT NULL,
    node text NOT NULL,
    outcome text NOT NULL,
    magnitude smallint NOT NULL,
    decisions bigint NOT NULL,
    duration_ms bigint NOT NULL,
    workflow_name text NOT NULL,
    step_name text NOT NULL,
    CONSTRAINT decision_stats_pkey PRIMARY KEY (hour, workflow_id, node, outcome, magnitude),
    CONSTRAINT decision_stats_outcome_known CHECK (outcome IN ('approved', 'rejected', 'submitted', 'timed_out')),
    CONSTRAINT decision_stats_positive CHECK (decisions > 0 AND duration_ms >= 0)
) WITH (fillfactor = 70);
CREATE INDEX decision_stats_node_idx ON decision_stats (workflow_id, node, hour);

-- The first day (UTC) that is not folded yet. Folded, a day has one row for each answer, of magnitude -1, and rows of
-- magnitudes that say nothing but how many.
CREATE TABLE stats_folded (
    subject text NOT NULL,
    until_at timestamptz NOT NULL,
    CONSTRAINT stats_folded_pkey PRIMARY KEY (subject)
);

WITH decided AS (
    SELECT workflow_id, item ->> 'node' AS node, item -> 'decision' ->> 'outcome' AS outcome, ended_at,
        duration_ms((item ->> 'created_at')::timestamptz, ended_at) AS milliseconds,
        item ->> 'workflow_name' AS workflow_name, item ->> 'step_name' AS step_name
    FROM ended_tasks WHERE status = 'resolved'
)
INSERT INTO decision_stats
    (hour, workflow_id, node, outcome, magnitude, decisions, duration_ms, workflow_name, step_name)
SELECT hour_of(ended_at), workflow_id, node, outcome, duration_magnitude(milliseconds), count(*),
    sum(milliseconds)::bigint, max(workflow_name), max(step_name)
FROM decided GROUP BY 1, 2, 3, 4, 5;

INSERT INTO stats_folded (subject, until_at)
SELECT 'decisions', date_trunc('day', coalesce(min(hour), now()), 'UTC') FROM decision_stats;
