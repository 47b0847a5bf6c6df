-- The chain that makes the log tamper-evident: a hash for each of its entries, and checkpoints that are signed. Written
-- behind the log, never by what decides. docs/adr/0023.
SET LOCAL lock_timeout = '5s';

-- Up to where the log is sealed.
CREATE TABLE chain_cursor (
    only_row boolean NOT NULL DEFAULT true,
    position bigint NOT NULL DEFAULT 0,
    checkpoints bigint NOT NULL DEFAULT 0,
    entries bigint NOT NULL DEFAULT 0,
    CONSTRAINT chain_cursor_pkey PRIMARY KEY (only_row),
    CONSTRAINT chain_cursor_single CHECK (only_row),
    CONSTRAINT chain_cursor_positive CHECK (position >= 0 AND checkpoints >= 0 AND entries >= checkpoints)
);
INSERT INTO chain_cursor DEFAULT VALUES;

-- `place` counts the entries of each workflow from 1, without gaps.
CREATE TABLE chain_entries (
    position bigint NOT NULL,
    workflow_id uuid NOT NULL,
    place bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT chain_entries_pkey PRIMARY KEY (position),
    CONSTRAINT chain_entries_place_key UNIQUE (workflow_id, place),
    CONSTRAINT chain_entries_place_positive CHECK (place > 0),
    CONSTRAINT chain_entries_hash_sha256 CHECK (octet_length(hash) = 32)
);

CREATE TABLE checkpoints (
    number bigint NOT NULL,
    first_position bigint NOT NULL,
    last_position bigint NOT NULL,
    entries bigint NOT NULL,
    root bytea NOT NULL,
    previous bytea NOT NULL,
    signed_at timestamptz NOT NULL,
    key_id text NOT NULL,
    signature bytea NOT NULL,
    CONSTRAINT checkpoints_pkey PRIMARY KEY (number),
    CONSTRAINT checkpoints_last_position_key UNIQUE (last_position),
    CONSTRAINT checkpoints_number_positive CHECK (number > 0),
    CONSTRAINT checkpoints_order CHECK (first_position <= last_position)
);

-- The public halves of the keys that have signed.
CREATE TABLE signing_keys (
    key_id text NOT NULL,
    public_key bytea NOT NULL,
    first_used_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT signing_keys_pkey PRIMARY KEY (key_id),
    CONSTRAINT signing_keys_ed25519 CHECK (octet_length(public_key) = 32)
);
