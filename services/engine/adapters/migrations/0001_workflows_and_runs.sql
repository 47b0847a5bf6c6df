-- Workflows with their immutable versions, and the tables of runs that are read: lists, waits, jobs, timers, counts.
SET LOCAL lock_timeout = '5s';

CREATE TABLE workflows (
    id uuid NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    status text NOT NULL,
    version integer NOT NULL,
    steps integer NOT NULL,
    trigger_type text NOT NULL,
    request_digest text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT workflows_pkey PRIMARY KEY (id),
    CONSTRAINT workflows_status_known CHECK (status IN ('Draft', 'Active', 'Paused')),
    CONSTRAINT workflows_version_positive CHECK (version > 0)
);
CREATE INDEX workflows_name_idx ON workflows (lower(name), id);
CREATE INDEX workflows_updated_idx ON workflows (updated_at DESC, id DESC);

CREATE TABLE workflow_versions (
    workflow_id uuid NOT NULL,
    version integer NOT NULL,
    definition json NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    CONSTRAINT workflow_versions_pkey PRIMARY KEY (workflow_id, version),
    CONSTRAINT workflow_versions_workflow_fkey FOREIGN KEY (workflow_id) REFERENCES workflows (id) ON DELETE CASCADE
);

CREATE TABLE runs (
    id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    workflow_name text NOT NULL,
    version integer NOT NULL,
    status text NOT NULL,
    trigger text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    error json,
    CONSTRAINT runs_pkey PRIMARY KEY (id),
    CONSTRAINT runs_workflow_fkey FOREIGN KEY (workflow_id) REFERENCES workflows (id),
    CONSTRAINT runs_status_known
        CHECK (status IN ('Queued', 'Running', 'Waiting', 'Completed', 'Failed', 'Cancelled')),
    CONSTRAINT runs_finished_when_ended
        CHECK ((finished_at IS NOT NULL) = (status IN ('Completed', 'Failed', 'Cancelled')))
) WITH (fillfactor = 85);
CREATE INDEX runs_started_idx ON runs (started_at DESC, id DESC);
CREATE INDEX runs_workflow_idx ON runs (workflow_id, started_at DESC, id DESC);
CREATE INDEX runs_live_idx ON runs (workflow_id, started_at DESC, id DESC) WHERE finished_at IS NULL;
CREATE INDEX runs_failed_idx ON runs (finished_at DESC) WHERE status = 'Failed';

-- By the day (UTC) on which runs started: how many took a status and how many left it again.
CREATE TABLE run_counts (
    day date NOT NULL,
    status text NOT NULL,
    taken bigint NOT NULL,
    left_again bigint NOT NULL,
    CONSTRAINT run_counts_pkey PRIMARY KEY (day, status)
);

-- What runs ask of people now. The tasks service must have the same ones open.
CREATE TABLE waits (
    task_id uuid NOT NULL,
    run_id uuid NOT NULL,
    opened_at timestamptz NOT NULL,
    CONSTRAINT waits_pkey PRIMARY KEY (task_id)
);

-- Side effects that a worker was asked for and has not reported.
CREATE TABLE jobs (
    run_id uuid NOT NULL,
    node text NOT NULL,
    visit integer NOT NULL,
    attempt integer NOT NULL,
    offered_at timestamptz NOT NULL,
    CONSTRAINT jobs_pkey PRIMARY KEY (run_id, node)
);
CREATE INDEX jobs_offered_idx ON jobs (offered_at);

-- Retries that are due later.
CREATE TABLE timers (
    run_id uuid NOT NULL,
    node text NOT NULL,
    visit integer NOT NULL,
    attempt integer NOT NULL,
    due_at timestamptz NOT NULL,
    CONSTRAINT timers_pkey PRIMARY KEY (run_id, node)
);
CREATE INDEX timers_due_idx ON timers (due_at);
