-- Forget the timeouts of those of the tasks $1 that wait no more.
DELETE FROM task_timeouts USING unnest($1::uuid[]) AS given (task_id)
WHERE task_timeouts.task_id = given.task_id
    AND NOT EXISTS (SELECT 1 FROM pending_tasks WHERE pending_tasks.task_id = given.task_id)
