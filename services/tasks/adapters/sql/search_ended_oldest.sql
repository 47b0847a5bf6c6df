-- A page of the history's tasks that match $6 (a tsquery), oldest end first: kinds $1, after the place ($2, $3), at most $4, statuses $5, workflow $7 or null. Always at least one row, for the total.
WITH matching AS MATERIALIZED (
    SELECT task_id, ended_at FROM ended_tasks
    WHERE words @@ $6::text::tsquery AND kind = ANY($1::text[]) AND status = ANY($5::text[]) AND ($7::uuid IS NULL OR workflow_id = $7)
)
SELECT counted.total, page.task_id, page.ended_at AS placed_at, ended_tasks.item
FROM (SELECT count(*) AS total FROM matching) AS counted
LEFT JOIN (
    SELECT task_id, ended_at FROM matching WHERE (ended_at, task_id) > ($2, $3)
    ORDER BY ended_at ASC, task_id ASC LIMIT $4
) AS page ON true
LEFT JOIN ended_tasks ON ended_tasks.task_id = page.task_id
ORDER BY page.ended_at ASC, page.task_id ASC
