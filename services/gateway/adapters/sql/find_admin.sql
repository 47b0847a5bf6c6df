-- The admin that the first start made, or the oldest one.
SELECT id, name, role FROM users WHERE role = 'admin' ORDER BY created_at, id LIMIT 1
