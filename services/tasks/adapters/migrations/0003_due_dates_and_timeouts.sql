-- When an answer is wished for (a column of the inbox) and when the clock decides (a table of its own, so that claiming
-- a timeout rewrites two numbers and not a task with all its indexes).
SET LOCAL lock_timeout = '5s';

ALTER TABLE pending_tasks ADD COLUMN due_at timestamptz;

-- The place of a task in the order of due dates: those without one come behind all others, the oldest first.
CREATE FUNCTION due_place(due_at timestamptz, created_at timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(due_at, (created_at AT TIME ZONE 'UTC' + interval '7000 years') AT TIME ZONE 'UTC');

CREATE INDEX pending_tasks_by_due ON pending_tasks (kind, due_place(due_at, created_at), task_id);
CREATE INDEX pending_tasks_of_workflow_by_due
    ON pending_tasks (workflow_id, kind, due_place(due_at, created_at), task_id);

-- One row for each pending task that has a timeout. `fires_at` is the timeout until somebody claims it, then when the
-- claim ends: a replica that dies with a claim loses it, and another one fires.
CREATE TABLE task_timeouts (
    task_id uuid NOT NULL,
    fires_at timestamptz NOT NULL,
    CONSTRAINT task_timeouts_pkey PRIMARY KEY (task_id)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);
CREATE INDEX task_timeouts_by_time ON task_timeouts (fires_at);
