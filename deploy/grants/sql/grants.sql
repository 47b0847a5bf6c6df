-- Gives the role of a service what it needs in its own schema. Settings: flusso.role, flusso.schema.
DO $$
DECLARE
    role text := current_setting('flusso.role');
    schema text := current_setting('flusso.schema');
    database text := current_database();
    -- What was written once is read and added to, never changed. Only the engine deletes from its log: the history goes
    -- with a workflow that is deleted.
    fixed text[] := ARRAY['log', 'migrations', 'chain_entries', 'checkpoints', 'signing_keys'];
    name text;
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', database);
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', database, role);
    EXECUTE format('REVOKE ALL ON SCHEMA %I FROM PUBLIC', schema);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', schema, role);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO %I', schema, role);
    EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO %I', schema, role);
    EXECUTE format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA %I FROM PUBLIC', schema);
    EXECUTE format('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA %I TO %I', schema, role);
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = schema AND tablename = ANY(fixed) LOOP
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %I.%I FROM %I', schema, name, role);
    END LOOP;
    EXECUTE format('REVOKE INSERT ON %I.migrations FROM %I', schema, role);
    IF schema = 'engine' THEN
        EXECUTE format('GRANT DELETE ON %I.log TO %I', schema, role);
    END IF;
END
$$
