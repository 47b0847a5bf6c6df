-- How many tasks are pending, exactly.
SELECT coalesce(sum(opened - resolved - closed), 0)::bigint FROM task_counts LIMIT 1
