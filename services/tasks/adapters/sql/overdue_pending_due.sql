-- A page of the inbox's tasks that were due by $5, the first due first: kinds $1, after the place ($2, $3), at most $4, workflow $6 or null. Always at least one row, for the total.
WITH matching AS MATERIALIZED (
    SELECT task_id, due_place(due_at, created_at) AS placed_at FROM pending_tasks
    WHERE due_place(due_at, created_at) <= $5 AND kind = ANY($1::text[]) AND ($6::uuid IS NULL OR workflow_id = $6)
)
SELECT counted.total, page.task_id, page.placed_at, pending_tasks.item
FROM (SELECT count(*) AS total FROM matching) AS counted
LEFT JOIN (
    SELECT task_id, placed_at FROM matching WHERE (placed_at, task_id) > ($2, $3)
    ORDER BY placed_at ASC, task_id ASC LIMIT $4
) AS page ON true
LEFT JOIN pending_tasks ON pending_tasks.task_id = page.task_id
ORDER BY page.placed_at ASC, page.task_id ASC
