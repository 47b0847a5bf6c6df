-- Lets go of the arrival $1, which the engine knows as the run $2 since before; $3 now.
UPDATE intake SET refused_at = $3, refused_code = 'delivery-repeated', became_run_id = $2,
    refused_message = 'This delivery had come before.'
WHERE run_id = $1 AND refused_at IS NULL
