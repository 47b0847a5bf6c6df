-- Become the one who seals this log, if nobody is; held until the connection closes.
SELECT pg_try_advisory_lock('chain_cursor'::regclass::oid::bigint)
