-- The version, the configuration of the trigger, and the time, if the workflow $1 is Active and has a schedule.
SELECT w.version, v.definition #> '{trigger,config}' AS config, clock_timestamp() AS now
FROM workflows AS w JOIN workflow_versions AS v ON v.workflow_id = w.id AND v.version = w.version
WHERE w.id = $1 AND w.status = 'Active' AND w.trigger_type = 'schedule_trigger' LIMIT 1
