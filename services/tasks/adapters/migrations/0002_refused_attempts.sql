-- Who tried to decide a task and was refused: the first hundred of each task whole, the others only counted, so that
-- a flood costs one row.
SET LOCAL lock_timeout = '5s';

CREATE TABLE refused_attempts (
    task_id uuid NOT NULL,
    attempt_id uuid NOT NULL,
    actor_kind text NOT NULL,
    actor_id text NOT NULL,
    actor_name text NOT NULL,
    actor_means text NOT NULL,
    action text NOT NULL,
    code text NOT NULL,
    attempted_at timestamptz NOT NULL,
    CONSTRAINT refused_attempts_pkey PRIMARY KEY (task_id, attempt_id),
    CONSTRAINT refused_attempts_action_known CHECK (action IN ('approve', 'reject', 'submit'))
);

CREATE TABLE refused_attempt_counts (
    task_id uuid NOT NULL,
    attempts bigint NOT NULL,
    CONSTRAINT refused_attempt_counts_pkey PRIMARY KEY (task_id),
    CONSTRAINT refused_attempt_counts_positive CHECK (attempts > 0)
) WITH (fillfactor = 50);
