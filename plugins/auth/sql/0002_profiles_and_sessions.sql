CREATE TABLE auth_profiles (
    user_id BIGINT NOT NULL PRIMARY KEY REFERENCES auth_users (id),
    username TEXT,
    gender TEXT,
    interested_gender TEXT,
    university_id BIGINT NOT NULL,
    dob TEXT,
    university_major TEXT,
    university_year BIGINT,
    about TEXT,
    currently_staying TEXT,
    hometown TEXT,
    height BIGINT,
    weight BIGINT,
    religion TEXT,
    smoking_info TEXT,
    smoking_status BOOLEAN,
    drinking_info TEXT,
    drinking_status BOOLEAN,
    looking_for TEXT,
    picture_key TEXT,
    picture_blurhash TEXT,
    photos TEXT NOT NULL,
    complete BOOLEAN NOT NULL,
    sample_key BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX auth_profiles_discovery
    ON auth_profiles (university_id, gender, interested_gender, sample_key, user_id) WHERE complete;

CREATE TABLE auth_preferences (
    user_id BIGINT NOT NULL PRIMARY KEY REFERENCES auth_users (id),
    interested_gender TEXT,
    height BIGINT,
    weight BIGINT,
    religion TEXT,
    drinking_status BOOLEAN,
    smoking_status BOOLEAN,
    looking_for TEXT,
    currently_staying TEXT
);

CREATE TABLE auth_sessions (
    id TEXT NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES auth_users (id),
    refresh_jti TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    user_agent TEXT NOT NULL,
    address TEXT NOT NULL
);

CREATE INDEX auth_sessions_of_user ON auth_sessions (user_id, created_at) WHERE revoked_at IS NULL;
CREATE INDEX auth_sessions_expiry ON auth_sessions (expires_at);

CREATE TABLE auth_codes (
    email_key TEXT NOT NULL PRIMARY KEY,
    code_hash TEXT NOT NULL,
    tries BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX auth_codes_expiry ON auth_codes (expires_at);

CREATE TABLE auth_used_tokens (
    jti TEXT NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);

CREATE INDEX auth_used_tokens_expiry ON auth_used_tokens (expires_at);

CREATE TABLE auth_keys (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE VIEW auth_candidates_v1 AS
SELECT user_id, university_id, gender, interested_gender, height, weight, religion, drinking_status, smoking_status,
       looking_for, currently_staying, sample_key
FROM auth_profiles
WHERE complete;
