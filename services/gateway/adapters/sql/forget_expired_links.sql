-- Forgets sign-in links that ended before a time. $1 that time.
DELETE FROM sign_in_links WHERE expires_at < $1
