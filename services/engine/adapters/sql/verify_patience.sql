-- Counting all rows may take longer than a question of a person may.
SET LOCAL statement_timeout = '60s'
