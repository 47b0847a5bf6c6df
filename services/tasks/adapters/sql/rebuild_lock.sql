-- Hold the progress of the rebuild that runs.
SELECT after, filled, position, tasks FROM inbox_rebuild WHERE state = 'running' FOR UPDATE
