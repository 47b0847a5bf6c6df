-- Who may call, by what proof, and what arrived while the engine was away.
SET LOCAL lock_timeout = '5s';

CREATE TABLE users (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    name text NOT NULL,
    role text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_name_key UNIQUE (name),
    CONSTRAINT users_name_length CHECK (length(name) BETWEEN 1 AND 200),
    CONSTRAINT users_role_known CHECK (role IN ('admin', 'member'))
);
INSERT INTO users (name, role) VALUES ('admin', 'admin');

CREATE TABLE sign_in_links (
    digest bytea NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT sign_in_links_pkey PRIMARY KEY (digest),
    CONSTRAINT sign_in_links_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT sign_in_links_digest_length CHECK (length(digest) = 32)
);
CREATE INDEX sign_in_links_expires_at_index ON sign_in_links (expires_at);

CREATE TABLE sessions (
    digest bytea NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT sessions_pkey PRIMARY KEY (digest),
    CONSTRAINT sessions_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT sessions_digest_length CHECK (length(digest) = 32)
);
CREATE INDEX sessions_expires_at_index ON sessions (expires_at);

CREATE TABLE api_tokens (
    id uuid NOT NULL,
    digest bytea NOT NULL,
    user_id uuid NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz,
    expires_at timestamptz,
    request_digest text,
    CONSTRAINT api_tokens_pkey PRIMARY KEY (id),
    CONSTRAINT api_tokens_digest_key UNIQUE (digest),
    CONSTRAINT api_tokens_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT api_tokens_digest_length CHECK (length(digest) = 32),
    CONSTRAINT api_tokens_name_length CHECK (length(name) BETWEEN 1 AND 200)
);
CREATE INDEX api_tokens_user_index ON api_tokens (user_id, created_at DESC, id);

CREATE TABLE intake (
    position bigint GENERATED ALWAYS AS IDENTITY,
    run_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    kind text NOT NULL,
    command json NOT NULL,
    request_digest text,
    traceparent text,
    received_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    refused_at timestamptz,
    refused_code text,
    refused_message text,
    CONSTRAINT intake_pkey PRIMARY KEY (run_id),
    CONSTRAINT intake_kind_known CHECK (kind IN ('start_run', 'receive_delivery')),
    CONSTRAINT intake_refusal_whole CHECK ((refused_at IS NULL) = (refused_code IS NULL))
);
CREATE INDEX intake_waiting_index ON intake (position) WHERE refused_at IS NULL;
CREATE INDEX intake_refused_index ON intake (refused_at) WHERE refused_at IS NOT NULL;
