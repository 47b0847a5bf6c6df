-- Looks at whether everything holds: how far each is and what it found. Whoever claims one drives it; a claim is a lease.
SET LOCAL lock_timeout = '5s';

CREATE TABLE verifications (
    id uuid NOT NULL,
    started_by text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    state text NOT NULL,
    scope json NOT NULL,
    progress json NOT NULL,
    claimed_until timestamptz,
    CONSTRAINT verifications_pkey PRIMARY KEY (id),
    CONSTRAINT verifications_state_known CHECK (state IN ('running', 'stopped', 'done')),
    CONSTRAINT verifications_finished_when_done CHECK ((finished_at IS NOT NULL) = (state = 'done'))
);
CREATE INDEX verifications_started_idx ON verifications (started_at DESC, id DESC);
CREATE UNIQUE INDEX verifications_one_runs_key ON verifications (state) WHERE state = 'running';
