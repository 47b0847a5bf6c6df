-- The inbox (pending tasks), its history (ended ones), and how many there are of each.
--
-- Pending and ended tasks lie apart so that the inbox stays as small, and as fast, as what is in it. `item` is the task
-- as lists show it. The indexes lead with `kind` (and `status`): a page without these filters is the merge of few
-- ranges, so the same two indexes serve every filter, in both directions.
SET LOCAL lock_timeout = '5s';

CREATE TABLE pending_tasks (
    task_id uuid NOT NULL,
    run_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    kind text NOT NULL,
    created_at timestamptz NOT NULL,
    item json NOT NULL,
    words tsvector NOT NULL,
    CONSTRAINT pending_tasks_pkey PRIMARY KEY (task_id),
    CONSTRAINT pending_tasks_kind_known CHECK (kind IN ('approval', 'manual_input'))
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);
CREATE INDEX pending_tasks_by_age ON pending_tasks (kind, created_at, task_id);
CREATE INDEX pending_tasks_by_workflow ON pending_tasks (workflow_id, kind, created_at, task_id);
-- New words wait in a list that `merge_search_words` merges between transactions; 16 MB is so much that no
-- transaction has to stop and merge for itself (measured: 60 to 120 ms when one does).
CREATE INDEX pending_tasks_words ON pending_tasks USING gin (words) WITH (gin_pending_list_limit = 16384);

CREATE TABLE ended_tasks (
    task_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    kind text NOT NULL,
    status text NOT NULL,
    ended_at timestamptz NOT NULL,
    item json NOT NULL,
    words tsvector NOT NULL,
    CONSTRAINT ended_tasks_pkey PRIMARY KEY (task_id),
    CONSTRAINT ended_tasks_kind_known CHECK (kind IN ('approval', 'manual_input')),
    CONSTRAINT ended_tasks_status_known CHECK (status IN ('resolved', 'closed'))
);
CREATE INDEX ended_tasks_by_age ON ended_tasks (status, kind, ended_at, task_id);
CREATE INDEX ended_tasks_by_workflow ON ended_tasks (workflow_id, status, kind, ended_at, task_id);
CREATE INDEX ended_tasks_words ON ended_tasks USING gin (words) WITH (gin_pending_list_limit = 16384);

-- Each number only grows; what is pending is opened - resolved - closed.
CREATE TABLE task_counts (
    workflow_id uuid NOT NULL,
    kind text NOT NULL,
    opened bigint NOT NULL,
    resolved bigint NOT NULL,
    closed bigint NOT NULL,
    CONSTRAINT task_counts_pkey PRIMARY KEY (workflow_id, kind),
    CONSTRAINT task_counts_positive CHECK (opened >= 0 AND resolved >= 0 AND closed >= 0)
) WITH (fillfactor = 50);
