-- The draft $1 of the owner $2 of the workflow $3 (null: a new one), made from version $4: body $5, encrypted $6, at $7.
-- Nothing unless its revision is $8 (0: there must be none; null: any), or if the workflow does not exist.
INSERT INTO workflow_drafts (id, owner_id, workflow_id, base_version, body, is_encrypted, revision, saved_at)
SELECT $1, $2, $3, $4, $5, $6, nextval('workflow_draft_revisions'), $7
WHERE ($8::bigint IS NULL OR $8 = 0 OR EXISTS (SELECT 1 FROM workflow_drafts WHERE id = $1))
    AND ($3::uuid IS NULL OR EXISTS (SELECT 1 FROM workflows WHERE id = $3))
ON CONFLICT ON CONSTRAINT workflow_drafts_pkey
DO UPDATE SET base_version = excluded.base_version, body = excluded.body, is_encrypted = excluded.is_encrypted,
    revision = excluded.revision, saved_at = excluded.saved_at
WHERE $8 IS NULL OR workflow_drafts.revision = $8
RETURNING revision
