-- Seal what follows position $1: entries ($2 to $5: positions, workflows, places, hashes) and their checkpoint ($6 to $14: number, first position, last position, entries, root, previous, time, key, signature). Changes nothing if somebody has sealed it before.
WITH moved AS (
    UPDATE chain_cursor SET position = $8, checkpoints = $6, entries = $9
    WHERE position = $1 AND checkpoints = $6 - 1
    RETURNING 1
), put AS (
    INSERT INTO chain_entries (position, workflow_id, place, hash)
    SELECT given.position, given.workflow_id, given.place, given.hash
    FROM unnest($2::bigint[], $3::uuid[], $4::bigint[], $5::bytea[]) AS given (position, workflow_id, place, hash), moved
)
INSERT INTO checkpoints (number, first_position, last_position, entries, root, previous, signed_at, key_id, signature)
SELECT $6::bigint, $7::bigint, $8::bigint, $9::bigint, $10::bytea, $11::bytea, $12::timestamptz, $13::text, $14::bytea FROM moved
RETURNING number
