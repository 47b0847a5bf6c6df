-- Runs that started on the day $1, by status.
SELECT status, taken - left_again AS runs FROM run_counts WHERE day = $1 ORDER BY status LIMIT 10
