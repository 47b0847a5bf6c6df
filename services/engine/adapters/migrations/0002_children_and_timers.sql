-- Timers of several kinds, child runs, and the orders that runs give to other runs.
SET LOCAL lock_timeout = '5s';

-- A node may have several timers at once: its retry, its delay, its limit. The run itself has the empty node.
ALTER TABLE timers ADD COLUMN kind text NOT NULL DEFAULT 'retry';
ALTER TABLE timers DROP CONSTRAINT timers_pkey;
ALTER TABLE timers ADD CONSTRAINT timers_pkey PRIMARY KEY (run_id, node, kind);
ALTER TABLE timers ADD CONSTRAINT timers_kind_known CHECK (kind IN ('retry', 'delay', 'node_limit', 'run_limit'));

ALTER TABLE runs ADD COLUMN parent_run_id uuid;
CREATE INDEX runs_parent_idx ON runs (parent_run_id, started_at, id) WHERE parent_run_id IS NOT NULL;

-- Written with the facts that they follow from; whoever claims one carries it out and deletes it.
CREATE TABLE run_orders (
    id bigint GENERATED ALWAYS AS IDENTITY,
    run_id uuid NOT NULL,
    kind text NOT NULL,
    giver_id uuid NOT NULL,
    data json NOT NULL,
    due_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    CONSTRAINT run_orders_pkey PRIMARY KEY (id),
    CONSTRAINT run_orders_kind_known CHECK (kind IN ('start', 'cancel', 'report'))
);
CREATE INDEX run_orders_due_idx ON run_orders (due_at, id);
CREATE INDEX run_orders_giver_idx ON run_orders (giver_id);
