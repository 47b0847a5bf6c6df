-- A page of the inbox, newest first: kinds $1, after the place ($2, $3), at most $4. Always at least one row, for the total; its task is null if the page is empty.
SELECT counted.total, page.task_id, page.placed_at, page.item
FROM (SELECT coalesce(sum(opened - resolved - closed), 0)::bigint AS total FROM task_counts WHERE kind = ANY($1::text[])) AS counted
LEFT JOIN (
    SELECT tasks.*
    FROM unnest($1::text[]) AS wanted (kind)
    CROSS JOIN LATERAL (
        SELECT task_id, created_at AS placed_at, item
        FROM pending_tasks
        WHERE kind = wanted.kind AND (created_at, task_id) < ($2, $3)
        ORDER BY created_at DESC, task_id DESC LIMIT $4
    ) AS tasks
    ORDER BY placed_at DESC, task_id DESC LIMIT $4
) AS page ON true
ORDER BY page.placed_at DESC, page.task_id DESC
