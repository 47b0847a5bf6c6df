-- Delete the workflow $1 and, by its foreign keys, its versions.
DELETE FROM workflows WHERE id = $1
