-- A user and how they want the app. $1 user.
SELECT users.id, users.name, users.role, profiles.time_zone, profiles.language, profiles.theme, profiles.shortcuts
FROM users
LEFT JOIN profiles ON profiles.user_id = users.id
WHERE users.id = $1
