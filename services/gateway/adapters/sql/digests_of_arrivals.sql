-- The digests of the requests that are kept for the runs $1.
SELECT run_id, request_digest FROM intake WHERE run_id = ANY($1::uuid[])
