-- Timers are claimed by one replica at a time; runs queue where their workflow limits how many run at once.
SET LOCAL lock_timeout = '5s';

-- A claim that its replica could not use ends by itself. Not indexed, so that claiming stays cheap.
ALTER TABLE timers ADD COLUMN claimed_until timestamptz;

-- The limit of the current version; null: none.
ALTER TABLE workflows ADD COLUMN concurrency integer;
ALTER TABLE workflows ADD CONSTRAINT workflows_concurrency_positive CHECK (concurrency > 0);

-- A queued run that was given a slot keeps it until it starts, whoever has it do so.
ALTER TABLE runs ADD COLUMN admitted_at timestamptz;
CREATE INDEX runs_queue_idx ON runs (workflow_id, started_at, id) WHERE status = 'Queued' AND admitted_at IS NULL;
CREATE INDEX runs_admitted_idx ON runs (workflow_id, admitted_at) WHERE status = 'Queued' AND admitted_at IS NOT NULL;
CREATE INDEX runs_running_idx ON runs (workflow_id) WHERE status = 'Running';
