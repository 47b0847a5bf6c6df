-- What is known of a run that the engine has not taken. $1 run.
SELECT run_id, workflow_id, kind, request_digest, received_at, refused_at, refused_code, refused_message, became_run_id
FROM intake
WHERE run_id = $1
