-- When the clock starts a run of which workflow, and when an engine last looked what was due.
SET LOCAL lock_timeout = '5s';

-- A row for each Active workflow whose current version has a schedule.
CREATE TABLE schedules (
    workflow_id uuid NOT NULL,
    version integer NOT NULL,
    cron text NOT NULL,
    timezone text NOT NULL,
    after_downtime text NOT NULL,
    next_at timestamptz NOT NULL,
    last_at timestamptz,
    claimed_until timestamptz,
    CONSTRAINT schedules_pkey PRIMARY KEY (workflow_id),
    CONSTRAINT schedules_workflow_fkey FOREIGN KEY (workflow_id) REFERENCES workflows (id) ON DELETE CASCADE,
    CONSTRAINT schedules_after_downtime_known CHECK (after_downtime IN ('skip', 'catch_up'))
);
CREATE INDEX schedules_next_idx ON schedules (next_at);

-- One row, so that a downtime can be told from a backlog.
CREATE TABLE schedule_looks (
    single boolean NOT NULL DEFAULT true,
    looked_at timestamptz NOT NULL,
    CONSTRAINT schedule_looks_pkey PRIMARY KEY (single),
    CONSTRAINT schedule_looks_single CHECK (single)
);
INSERT INTO schedule_looks (looked_at) VALUES (now());
