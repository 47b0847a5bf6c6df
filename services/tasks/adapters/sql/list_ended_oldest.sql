-- A page of the history, oldest end first: kinds $1, after the place ($2, $3), at most $4, statuses $5. Always at least one row, for the total.
SELECT counted.total, page.task_id, page.placed_at, page.item
FROM (SELECT coalesce(sum(CASE WHEN 'resolved' = ANY($5::text[]) THEN resolved ELSE 0 END + CASE WHEN 'closed' = ANY($5) THEN closed ELSE 0 END), 0)::bigint AS total FROM task_counts WHERE kind = ANY($1::text[])) AS counted
LEFT JOIN (
    SELECT tasks.*
    FROM unnest($1::text[]) AS wanted (kind) CROSS JOIN unnest($5::text[]) AS ended (status)
    CROSS JOIN LATERAL (
        SELECT task_id, ended_at AS placed_at, item
        FROM ended_tasks
        WHERE status = ended.status AND kind = wanted.kind AND (ended_at, task_id) > ($2, $3)
        ORDER BY ended_at ASC, task_id ASC LIMIT $4
    ) AS tasks
    ORDER BY placed_at ASC, task_id ASC LIMIT $4
) AS page ON true
ORDER BY page.placed_at ASC, page.task_id ASC
