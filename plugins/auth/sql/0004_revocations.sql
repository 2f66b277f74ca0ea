-- Each node reads every second what has ended since, so that it knows of revocations that nobody announced to it.
CREATE INDEX auth_sessions_revoked ON auth_sessions (revoked_at) WHERE revoked_at IS NOT NULL;
ALTER TABLE auth_users ADD COLUMN legacy_ended_at BIGINT;
CREATE INDEX auth_users_legacy_ended ON auth_users (legacy_ended_at) WHERE legacy_ended_at IS NOT NULL;
