-- Keep refused attempts: tasks $1 (sorted, so that writers never deadlock) with how many each $2; the first ones of each: tasks $3, places from 1 in their task $4, ids $5, kinds $6, ids $7, names $8 and means $9 of who tried, actions $10, codes $11, times $12; at most $13 of a task.
WITH noted AS (
    SELECT * FROM unnest($1::uuid[], $2::bigint[]) AS given (task_id, attempts)
), counted AS (
    INSERT INTO refused_attempt_counts AS counts (task_id, attempts)
    SELECT task_id, attempts FROM noted
    ON CONFLICT ON CONSTRAINT refused_attempt_counts_pkey DO UPDATE SET attempts = counts.attempts + excluded.attempts
    RETURNING task_id, attempts
)
INSERT INTO refused_attempts
    (task_id, attempt_id, actor_kind, actor_id, actor_name, actor_means, action, code, attempted_at)
SELECT task_id, attempt_id, actor_kind, actor_id, actor_name, actor_means, action, code, attempted_at
FROM unnest($3::uuid[], $4::bigint[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::timestamptz[])
    AS given (task_id, place, attempt_id, actor_kind, actor_id, actor_name, actor_means, action, code, attempted_at)
JOIN noted USING (task_id) JOIN counted USING (task_id)
WHERE counted.attempts - noted.attempts + given.place <= $13
