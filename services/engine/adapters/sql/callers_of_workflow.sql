-- Up to $3 other workflows whose current versions call the workflow $1, which is called $2, by id or by name.
SELECT w.id, w.name FROM workflows AS w
JOIN workflow_versions AS v ON v.workflow_id = w.id AND v.version = w.version
CROSS JOIN LATERAL json_array_elements(v.definition -> 'nodes') AS node
WHERE w.id <> $1 AND node ->> 'type' IN ('run_workflow', 'for_each')
    AND (trim(node #>> '{config,workflow}') = $2 OR lower(trim(node #>> '{config,workflow}')) = $1::uuid::text)
GROUP BY w.id, w.name ORDER BY lower(w.name), w.id LIMIT $3
