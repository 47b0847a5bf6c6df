-- Note that all tasks up to $1 are written, whether these are all ($2), all events up to $3, $4 more tasks; claimed until $5.
UPDATE inbox_rebuild
SET after = $1, filled = $2, position = $3, tasks = tasks + $4, total = greatest(total, tasks + $4), claimed_until = $5
