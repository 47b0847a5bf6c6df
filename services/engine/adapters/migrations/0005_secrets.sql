-- Secrets, encrypted under a key of the environment, and which workflows use them.
SET LOCAL lock_timeout = '5s';

CREATE TABLE secrets (
    name text NOT NULL,
    description text NOT NULL,
    ciphertext text NOT NULL,
    key_id text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    used_at timestamptz,
    CONSTRAINT secrets_pkey PRIMARY KEY (name),
    CONSTRAINT secrets_name_form CHECK (name ~ '^[A-Z][A-Z0-9_]{0,63}$'),
    CONSTRAINT secrets_encrypted CHECK (ciphertext LIKE 'v1.' || key_id || '.%')
);

-- What the current version of a workflow uses; a name may be gone, or not be set yet.
CREATE TABLE workflow_secrets (
    name text NOT NULL,
    workflow_id uuid NOT NULL,
    CONSTRAINT workflow_secrets_pkey PRIMARY KEY (name, workflow_id),
    CONSTRAINT workflow_secrets_workflow_fkey FOREIGN KEY (workflow_id) REFERENCES workflows (id) ON DELETE CASCADE
);
CREATE INDEX workflow_secrets_workflow_idx ON workflow_secrets (workflow_id);
