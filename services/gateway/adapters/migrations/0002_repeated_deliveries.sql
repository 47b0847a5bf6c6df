-- A delivery that came again while the engine was away, under another run than the one that it turned out to belong to.
SET LOCAL lock_timeout = '5s';

ALTER TABLE intake ADD COLUMN became_run_id uuid;
