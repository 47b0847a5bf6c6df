-- The draft $1.
SELECT base_version, body, is_encrypted, revision, saved_at FROM workflow_drafts WHERE id = $1 LIMIT 1
