-- What webhooks keep: the secrets that senders share with a workflow, the names of deliveries, the last deliveries.
SET LOCAL lock_timeout = '5s';

-- Encrypted. The current one of a workflow never expires; the former ones are taken until they do.
CREATE TABLE webhook_secrets (
    id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    ciphertext text NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    expires_at timestamptz,
    CONSTRAINT webhook_secrets_pkey PRIMARY KEY (id),
    CONSTRAINT webhook_secrets_workflow_fkey FOREIGN KEY (workflow_id) REFERENCES workflows (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX webhook_secrets_current_key ON webhook_secrets (workflow_id) WHERE expires_at IS NULL;
CREATE INDEX webhook_secrets_workflow_idx ON webhook_secrets (workflow_id, created_at DESC);

-- The run that a delivery belongs to, where its id is not the one that the gateway knows it by.
CREATE TABLE webhook_names (
    workflow_id uuid NOT NULL,
    name text NOT NULL,
    run_id uuid NOT NULL,
    CONSTRAINT webhook_names_pkey PRIMARY KEY (workflow_id, name),
    CONSTRAINT webhook_names_workflow_fkey FOREIGN KEY (workflow_id) REFERENCES workflows (id) ON DELETE CASCADE
);

-- The last deliveries of each workflow. `authentic`: the sender had proved itself; only then the body is whole.
CREATE TABLE webhook_deliveries (
    id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    received_at timestamptz NOT NULL,
    method text NOT NULL,
    headers json NOT NULL,
    query json NOT NULL,
    body bytea NOT NULL,
    body_bytes integer NOT NULL,
    sent_as text,
    authentic boolean NOT NULL,
    verdict text NOT NULL,
    run_id uuid,
    code text,
    message text,
    CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (id),
    CONSTRAINT webhook_deliveries_workflow_fkey FOREIGN KEY (workflow_id) REFERENCES workflows (id) ON DELETE CASCADE,
    CONSTRAINT webhook_deliveries_verdict_known CHECK (verdict IN ('accepted', 'repeated', 'refused')),
    CONSTRAINT webhook_deliveries_verdict_whole
        CHECK ((verdict = 'refused') = (code IS NOT NULL) AND (verdict = 'refused') = (run_id IS NULL))
);
CREATE INDEX webhook_deliveries_workflow_idx ON webhook_deliveries (workflow_id, authentic, id DESC);
