-- Give the workflows $1, as far as their next instants are still $2, the next instants $3; $4 if those of $2 have begun their runs.
UPDATE schedules SET next_at = given.following, claimed_until = NULL,
    last_at = CASE WHEN $4::boolean THEN given.instant ELSE schedules.last_at END
FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) AS given (workflow_id, instant, following)
WHERE schedules.workflow_id = given.workflow_id AND schedules.next_at = given.instant
