-- Of the attempts $4 of the visits $3 of the nodes $2 of the runs $1, the places, from 1, of those that are still awaited.
SELECT asked.place
FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::integer[])
    WITH ORDINALITY AS asked (run_id, node, visit, attempt, place)
WHERE EXISTS (
    SELECT 1 FROM jobs
    WHERE jobs.run_id = asked.run_id AND jobs.node = asked.node
        AND jobs.visit = asked.visit AND jobs.attempt = asked.attempt
)
ORDER BY asked.place LIMIT 1000
