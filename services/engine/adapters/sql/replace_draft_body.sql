-- Replace the body $2 of the draft $1 by $3, which is the same one under another key.
UPDATE workflow_drafts SET body = $3 WHERE id = $1 AND body = $2 RETURNING id
