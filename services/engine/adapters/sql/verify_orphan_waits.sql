-- Waits whose run is gone or has ended, at most a hundred.
SELECT waits.task_id, waits.run_id FROM waits LEFT JOIN runs ON runs.id = waits.run_id
WHERE runs.id IS NULL OR runs.finished_at IS NOT NULL ORDER BY waits.task_id LIMIT 100
