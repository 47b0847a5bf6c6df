-- Keep deliveries ($1 to $14: ids, workflows, times, methods, headers, queries, bodies, sizes, names, proofs, verdicts, runs, codes, messages) of workflows that exist.
INSERT INTO webhook_deliveries (id, workflow_id, received_at, method, headers, query, body, body_bytes, sent_as, authentic,
    verdict, run_id, code, message)
SELECT given.id, given.workflow_id, given.received_at, given.method, given.headers::json, given.query::json, given.body,
    given.body_bytes, given.sent_as, given.authentic, given.verdict, given.run_id, given.code, given.message
FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::integer[],
        $9::text[], $10::boolean[], $11::text[], $12::uuid[], $13::text[], $14::text[])
    AS given (id, workflow_id, received_at, method, headers, query, body, body_bytes, sent_as, authentic, verdict, run_id,
        code, message)
JOIN workflows ON workflows.id = given.workflow_id
FOR KEY SHARE OF workflows
ON CONFLICT ON CONSTRAINT webhook_deliveries_pkey DO NOTHING
