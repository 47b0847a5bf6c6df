-- Up to $3 drafts after $2 that are encrypted, and not with the key whose texts begin with $1.
SELECT id, body FROM workflow_drafts WHERE is_encrypted AND NOT starts_with(body, $1) AND id > $2 ORDER BY id LIMIT $3
