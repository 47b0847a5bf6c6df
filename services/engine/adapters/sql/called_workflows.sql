-- The workflows with the ids $1, and those with exactly the names $2, two of each name at most.
SELECT id, name FROM workflows WHERE id = ANY($1::uuid[])
UNION
SELECT found.id, found.name FROM unnest($2::text[]) AS asked (name) CROSS JOIN LATERAL (
    SELECT id, name FROM workflows
    WHERE lower(workflows.name) = lower(asked.name) AND workflows.name = asked.name ORDER BY id LIMIT 2
) AS found
ORDER BY id LIMIT 5000
