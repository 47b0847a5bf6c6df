-- Makes the role of a service if it is not there, and sets its password if one is given. Settings: flusso.role, flusso.password.
DO $$
DECLARE
    role text := current_setting('flusso.role');
    password text := current_setting('flusso.password');
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = role) THEN
        EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION', role);
    END IF;
    IF password <> '' THEN
        EXECUTE format('ALTER ROLE %I PASSWORD %L', role, password);
    END IF;
END
$$
