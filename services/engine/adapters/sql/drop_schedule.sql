-- The workflow $1 has no schedule (any more).
DELETE FROM schedules WHERE workflow_id = $1
