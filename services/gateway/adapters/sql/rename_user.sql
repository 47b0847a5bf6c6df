-- Gives a user another name, unless somebody has it. $1 user, $2 name.
UPDATE users SET name = $2
WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM users AS others WHERE others.name = $2 AND others.id <> $1)
RETURNING id
