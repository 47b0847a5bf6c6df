-- What each version was called, and the text that its author wrote; and drafts: what people edit and have not saved.
SET LOCAL lock_timeout = '5s';

-- Null in versions from before: they were called what the workflow is called now, as far as anybody knows.
ALTER TABLE workflow_versions
    ADD COLUMN name text,
    ADD COLUMN description text,
    ADD COLUMN source text;

CREATE SEQUENCE workflow_draft_revisions;

-- `id` derives from owner and workflow (null: a new one). `body` is what was typed, whatever it is: encrypted if there
-- is a key, since a secret may have been typed. Never validated, never run.
CREATE TABLE workflow_drafts (
    id uuid NOT NULL,
    owner_id text NOT NULL,
    workflow_id uuid,
    base_version integer,
    body text NOT NULL,
    is_encrypted boolean NOT NULL,
    revision bigint NOT NULL,
    saved_at timestamptz NOT NULL,
    CONSTRAINT workflow_drafts_pkey PRIMARY KEY (id),
    CONSTRAINT workflow_drafts_workflow_fkey FOREIGN KEY (workflow_id) REFERENCES workflows (id) ON DELETE CASCADE
);
CREATE INDEX workflow_drafts_workflow_idx ON workflow_drafts (workflow_id);
