-- What is read of tasks can be made anew from the log: in tables beside those in use, which then take their places. Making
-- and swapping tables is for who owns them; the service that asks for it need not.
SET LOCAL lock_timeout = '5s';

-- The last rebuild, and how far it is: every task up to the id `after`, and all events up to `position`.
CREATE TABLE inbox_rebuild (
    only_row boolean NOT NULL DEFAULT true,
    state text NOT NULL,
    started_by text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    after uuid,
    filled boolean NOT NULL DEFAULT false,
    position bigint NOT NULL,
    tasks bigint NOT NULL DEFAULT 0,
    total bigint NOT NULL,
    message text,
    claimed_until timestamptz,
    CONSTRAINT inbox_rebuild_pkey PRIMARY KEY (only_row),
    CONSTRAINT inbox_rebuild_single CHECK (only_row),
    CONSTRAINT inbox_rebuild_state_known CHECK (state IN ('running', 'done', 'failed')),
    CONSTRAINT inbox_rebuild_finished_when_over CHECK ((finished_at IS NULL) = (state = 'running'))
);

CREATE FUNCTION rebuilt_tables() RETURNS text[] LANGUAGE sql IMMUTABLE
RETURN ARRAY['pending_tasks', 'ended_tasks', 'task_counts', 'task_timeouts'];

-- Makes the tables beside, empty, with all columns, checks, indexes, settings and rights of those in use.
CREATE FUNCTION begin_inbox_rebuild() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    used text;
    options text;
    held record;
BEGIN
    FOREACH used IN ARRAY rebuilt_tables() LOOP
        EXECUTE format('DROP TABLE IF EXISTS %I', 'rebuilt_' || used);
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', 'rebuilt_' || used, used);
        SELECT array_to_string(reloptions, ', ') INTO options FROM pg_class WHERE oid = used::regclass;
        IF options IS NOT NULL THEN
            EXECUTE format('ALTER TABLE %I SET (%s)', 'rebuilt_' || used, options);
        END IF;
        FOR held IN
            SELECT acl.grantee, acl.privilege_type FROM pg_class, aclexplode(pg_class.relacl) AS acl
            WHERE pg_class.oid = used::regclass AND acl.grantee <> pg_class.relowner
        LOOP
            EXECUTE format('GRANT %s ON %I TO %s', held.privilege_type, 'rebuilt_' || used,
                CASE WHEN held.grantee = 0 THEN 'PUBLIC' ELSE held.grantee::regrole::text END);
        END LOOP;
    END LOOP;
END
$$;

-- Puts the tables beside into the places of those in use, names of indexes and constraints included.
CREATE FUNCTION swap_inbox_rebuild() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    used text;
    names text[];
    pair text;
BEGIN
    FOREACH used IN ARRAY rebuilt_tables() LOOP
        SELECT array_agg(beside.name || ' ' || current.name) INTO names
        FROM (
            SELECT pg_class.relname::text AS name,
                regexp_replace(pg_get_indexdef(indexrelid), 'INDEX \S+ ON \S+ ', '') AS definition
            FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE indrelid = used::regclass
        ) AS current
        JOIN (
            SELECT pg_class.relname::text AS name,
                regexp_replace(pg_get_indexdef(indexrelid), 'INDEX \S+ ON \S+ ', '') AS definition
            FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE indrelid = ('rebuilt_' || used)::regclass
        ) AS beside ON beside.definition = current.definition;
        EXECUTE format('DROP TABLE %I', used);
        EXECUTE format('ALTER TABLE %I RENAME TO %I', 'rebuilt_' || used, used);
        FOREACH pair IN ARRAY names LOOP
            EXECUTE format('ALTER INDEX %I RENAME TO %I', split_part(pair, ' ', 1), split_part(pair, ' ', 2));
        END LOOP;
    END LOOP;
END
$$;
