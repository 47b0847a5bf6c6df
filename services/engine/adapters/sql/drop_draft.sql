-- Drop the draft $1 if its revision is $2 (null: any).
DELETE FROM workflow_drafts WHERE id = $1 AND ($2::bigint IS NULL OR revision = $2) RETURNING revision
