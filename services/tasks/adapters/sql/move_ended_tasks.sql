-- Move tasks from the inbox to the history: ids $1, statuses $2, times $3, items $4. A row that is not in the inbox means a stale fold, which the append then refuses.
WITH ended AS (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[]) AS given (task_id, status, ended_at, item)
), gone AS (
    DELETE FROM pending_tasks USING ended WHERE pending_tasks.task_id = ended.task_id
    RETURNING pending_tasks.task_id, workflow_id, kind, words, ended.status, ended.ended_at, ended.item
)
INSERT INTO ended_tasks (task_id, workflow_id, kind, status, ended_at, item, words)
SELECT task_id, workflow_id, kind, status, ended_at, item::json, words FROM gone
