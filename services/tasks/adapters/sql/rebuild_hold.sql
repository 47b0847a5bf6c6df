-- Let whatever is being written finish, and nothing else begin.
LOCK TABLE pending_tasks, ended_tasks, task_counts, task_timeouts IN ACCESS EXCLUSIVE MODE
