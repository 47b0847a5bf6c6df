-- How many streams there are.
SELECT count(*) FROM snapshots
