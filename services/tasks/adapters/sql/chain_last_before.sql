-- The number of the last checkpoint that was signed before $1; checkpoints are signed in the order of their numbers.
SELECT number FROM checkpoints WHERE signed_at < $1 ORDER BY number DESC LIMIT 1
