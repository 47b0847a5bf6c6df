-- Begin the verification $1 by $2 at $3, over the scope $4 with the progress $5, unless one runs.
INSERT INTO verifications (id, started_by, started_at, state, scope, progress)
VALUES ($1, $2, $3, 'running', $4::text::json, $5::text::json)
ON CONFLICT DO NOTHING RETURNING id
