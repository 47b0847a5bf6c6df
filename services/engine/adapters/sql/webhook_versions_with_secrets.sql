-- Up to $3 versions after ($1, $2) in whose webhook trigger a secret may stand; $4 and $5 stand for one kept apart.
SELECT v.workflow_id, v.version, v.definition, v.version = w.version AS is_current
FROM workflow_versions AS v JOIN workflows AS w ON w.id = v.workflow_id
WHERE (v.workflow_id, v.version) > ($1::uuid, $2::integer)
    AND v.definition #>> '{trigger,type}' = 'webhook_trigger'
    AND v.definition #>> '{trigger,config,secret}' NOT IN ($4, $5)
ORDER BY v.workflow_id, v.version LIMIT $3
