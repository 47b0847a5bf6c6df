-- Become the one relay of this schema's log, if nobody is; held until the connection closes.
SELECT pg_try_advisory_lock('relay_cursor'::regclass::oid::bigint)
