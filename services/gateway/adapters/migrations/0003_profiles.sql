-- How a person wants the app, on every device; what is null is as the device has it.
SET LOCAL lock_timeout = '5s';

CREATE TABLE profiles (
    user_id uuid NOT NULL,
    time_zone text,
    language text,
    theme text,
    shortcuts boolean,
    updated_at timestamptz NOT NULL,
    CONSTRAINT profiles_pkey PRIMARY KEY (user_id),
    CONSTRAINT profiles_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT profiles_time_zone_length CHECK (length(time_zone) BETWEEN 1 AND 100),
    CONSTRAINT profiles_language_known CHECK (language IN ('en', 'it')),
    CONSTRAINT profiles_theme_known CHECK (theme IN ('light', 'dark', 'system'))
);
