-- Dead letters that come again are counted, and those that somebody settled stay as a line of who did it and when.
SET LOCAL lock_timeout = '5s';

ALTER TABLE dead_letters ADD COLUMN attempts integer NOT NULL DEFAULT 1;
ALTER TABLE dead_letters ADD COLUMN tried_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE dead_letters ADD COLUMN settled text;
ALTER TABLE dead_letters ADD COLUMN settled_at timestamptz;
ALTER TABLE dead_letters ADD COLUMN settled_by text;
ALTER TABLE dead_letters ADD CONSTRAINT dead_letters_settled_known CHECK (settled IN ('replayed', 'discarded'));
ALTER TABLE dead_letters ADD CONSTRAINT dead_letters_settled_whole
    CHECK ((settled IS NULL) = (settled_at IS NULL) AND (settled IS NULL) = (settled_by IS NULL));
CREATE INDEX dead_letters_open_idx ON dead_letters (received_at DESC, id DESC) WHERE settled IS NULL;
