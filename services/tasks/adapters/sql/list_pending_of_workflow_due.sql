-- A page of the inbox of workflow $5, the first due first, those without a due date last: kinds $1, after the place ($2, $3), at most $4. Always at least one row, for the total.
SELECT counted.total, page.task_id, page.placed_at, page.item
FROM (SELECT coalesce(sum(opened - resolved - closed), 0)::bigint AS total FROM task_counts WHERE kind = ANY($1::text[]) AND workflow_id = $5) AS counted
LEFT JOIN (
    SELECT tasks.*
    FROM unnest($1::text[]) AS wanted (kind)
    CROSS JOIN LATERAL (
        SELECT task_id, due_place(due_at, created_at) AS placed_at, item
        FROM pending_tasks
        WHERE workflow_id = $5 AND kind = wanted.kind AND (due_place(due_at, created_at), task_id) > ($2, $3)
        ORDER BY due_place(due_at, created_at) ASC, task_id ASC LIMIT $4
    ) AS tasks
    ORDER BY placed_at ASC, task_id ASC LIMIT $4
) AS page ON true
ORDER BY page.placed_at ASC, page.task_id ASC
