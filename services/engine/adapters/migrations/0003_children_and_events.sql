-- Which node of its parent a run works for, and which event a workflow answers to.
SET LOCAL lock_timeout = '5s';

ALTER TABLE runs ADD COLUMN parent_node text;
ALTER TABLE run_orders ADD COLUMN given_at timestamptz NOT NULL DEFAULT now();

-- The event of the trigger of the current version; null: it has another trigger.
ALTER TABLE workflows ADD COLUMN event_name text;
CREATE INDEX workflows_event_idx ON workflows (event_name, id) WHERE event_name IS NOT NULL;
