-- Make the tables beside those in use, empty.
SELECT begin_inbox_rebuild()
