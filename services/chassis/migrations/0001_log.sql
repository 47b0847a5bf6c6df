-- The event log of a service, the folds of its streams, how far it was told, and what could not be handled.
SET LOCAL lock_timeout = '5s';

CREATE TABLE log (
    position bigint GENERATED ALWAYS AS IDENTITY,
    stream_id uuid NOT NULL,
    version integer NOT NULL,
    type text NOT NULL,
    schema_version smallint NOT NULL DEFAULT 1,
    data json NOT NULL,
    metadata json NOT NULL,
    traceparent text,
    occurred_at timestamptz NOT NULL,
    CONSTRAINT log_pkey PRIMARY KEY (position),
    CONSTRAINT log_stream_version_key UNIQUE (stream_id, version),
    CONSTRAINT log_version_positive CHECK (version > 0)
);

CREATE TABLE snapshots (
    stream_id uuid NOT NULL,
    version integer NOT NULL,
    state json NOT NULL,
    CONSTRAINT snapshots_pkey PRIMARY KEY (stream_id),
    CONSTRAINT snapshots_version_positive CHECK (version > 0)
) WITH (fillfactor = 80);

CREATE TABLE relay_cursor (
    only_row boolean NOT NULL DEFAULT true,
    position bigint NOT NULL DEFAULT 0,
    consumed_position bigint NOT NULL DEFAULT 0,
    stream_created_at text,
    stream_sequence bigint NOT NULL DEFAULT 0,
    CONSTRAINT relay_cursor_pkey PRIMARY KEY (only_row),
    CONSTRAINT relay_cursor_single CHECK (only_row),
    CONSTRAINT relay_cursor_order CHECK (consumed_position <= position)
);
INSERT INTO relay_cursor DEFAULT VALUES;

CREATE TABLE dead_letters (
    id uuid NOT NULL,
    consumer text NOT NULL,
    event_id text NOT NULL,
    event_type text NOT NULL,
    payload bytea NOT NULL,
    reason text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT dead_letters_pkey PRIMARY KEY (id)
);

-- Refuses a batch that was decided on what is no longer so, with SQLSTATE FL001.
CREATE FUNCTION refuse_stale() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'decided on what is no longer so' USING ERRCODE = 'FL001';
END
$$;

-- Appends events and moves snapshots from the expected version to the new one, all or nothing.
-- Returns the position of the last event; those before it have the positions before it.
-- Raises SQLSTATE FL001 when a stream is not at its expected version.
-- The advisory lock is held from the insert to the commit, so positions become visible in order.
CREATE FUNCTION append_events(
    snapshot_streams uuid[], snapshot_expected integer[], snapshot_versions integer[], snapshot_states text[],
    event_streams uuid[], event_versions integer[], event_types text[], event_schema_versions smallint[],
    event_data text[], event_metadata text[], event_traceparents text[], events_occurred_at timestamptz
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    moved integer;
    created integer;
BEGIN
    UPDATE snapshots SET version = given.version, state = given.state::json
    FROM unnest(snapshot_streams, snapshot_expected, snapshot_versions, snapshot_states)
        AS given (stream_id, expected, version, state)
    WHERE given.expected > 0 AND snapshots.stream_id = given.stream_id AND snapshots.version = given.expected;
    GET DIAGNOSTICS moved = ROW_COUNT;

    INSERT INTO snapshots (stream_id, version, state)
    SELECT given.stream_id, given.version, given.state::json
    FROM unnest(snapshot_streams, snapshot_expected, snapshot_versions, snapshot_states)
        AS given (stream_id, expected, version, state)
    WHERE given.expected = 0
    ON CONFLICT ON CONSTRAINT snapshots_pkey DO NOTHING;
    GET DIAGNOSTICS created = ROW_COUNT;

    IF moved + created <> cardinality(snapshot_streams) THEN
        RAISE EXCEPTION 'a stream is not at its expected version' USING ERRCODE = 'FL001';
    END IF;

    PERFORM pg_advisory_xact_lock('log'::regclass::oid::bigint);
    INSERT INTO log (stream_id, version, type, schema_version, data, metadata, traceparent, occurred_at)
    SELECT stream_id, version, type, schema_version, data::json, metadata::json, traceparent, events_occurred_at
    FROM unnest(event_streams, event_versions, event_types, event_schema_versions, event_data, event_metadata,
                event_traceparents)
        WITH ORDINALITY
        AS given (stream_id, version, type, schema_version, data, metadata, traceparent, place)
    ORDER BY place;
    RETURN currval(pg_get_serial_sequence('log', 'position'));
END
$$;
