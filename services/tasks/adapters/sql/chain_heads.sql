-- The last entry of the chain of each of the workflows $1 (as many as $2) before position $3; those without one are left out.
SELECT given.workflow_id, head.place, head.hash
FROM unnest($1::uuid[]) AS given (workflow_id)
CROSS JOIN LATERAL (
    SELECT place, hash FROM chain_entries
    WHERE chain_entries.workflow_id = given.workflow_id AND chain_entries.position < $3
    ORDER BY place DESC LIMIT 1
) head
ORDER BY given.workflow_id LIMIT $2
