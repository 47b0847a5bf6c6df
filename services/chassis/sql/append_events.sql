-- Append events ($5 to $12: streams, versions, types, schema versions, data, metadata, traceparents, and the time of all) and move snapshots ($1 to $4: streams, expected versions, new versions, states).
SELECT append_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
