-- Merge new words into the search indexes; nothing waits for it.
SELECT merge_search_words()
