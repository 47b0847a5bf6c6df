-- Begin a rebuild by $1 at $2, unless one runs.
INSERT INTO inbox_rebuild (state, started_by, started_at, position, total)
SELECT 'running', $1, $2, (SELECT coalesce(max(position), 0) FROM log), (SELECT count(*) FROM snapshots)
ON CONFLICT ON CONSTRAINT inbox_rebuild_pkey DO UPDATE SET
    state = 'running', started_by = excluded.started_by, started_at = excluded.started_at, finished_at = NULL,
    after = NULL, filled = false, position = excluded.position, tasks = 0, total = excluded.total, message = NULL,
    claimed_until = NULL
WHERE inbox_rebuild.state <> 'running'
RETURNING only_row
