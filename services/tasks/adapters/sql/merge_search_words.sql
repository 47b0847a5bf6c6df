-- Merge the words of new tasks into the search indexes; returns the pages that were merged.
SELECT gin_clean_pending_list('pending_tasks_words') + gin_clean_pending_list('ended_tasks_words')
