-- Ends an API token of a user. $1 id, $2 user.
DELETE FROM api_tokens WHERE id = $1 AND user_id = $2 RETURNING digest
