-- Merging new words into the search indexes is for who owns them; the service that asks for it need not.
SET LOCAL lock_timeout = '5s';

CREATE FUNCTION merge_search_words() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT
AS $$ SELECT gin_clean_pending_list('pending_tasks_words') + gin_clean_pending_list('ended_tasks_words') $$;
