-- Changes the wishes that are named and leaves the others. $1 user, $2 names, $3 time zone, $4 language, $5 theme,
-- $6 shortcuts, $7 now.
INSERT INTO profiles (user_id, time_zone, language, theme, shortcuts, updated_at)
VALUES ($1, $3, $4, $5, $6, $7)
ON CONFLICT (user_id) DO UPDATE SET
    time_zone = CASE WHEN 'time_zone' = ANY ($2::text[]) THEN $3 ELSE profiles.time_zone END,
    language = CASE WHEN 'language' = ANY ($2::text[]) THEN $4 ELSE profiles.language END,
    theme = CASE WHEN 'theme' = ANY ($2::text[]) THEN $5 ELSE profiles.theme END,
    shortcuts = CASE WHEN 'shortcuts' = ANY ($2::text[]) THEN $6 ELSE profiles.shortcuts END,
    updated_at = $7
