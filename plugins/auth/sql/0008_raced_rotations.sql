-- The refresh token that was spent last, and when: one that came before that is no thief's.
ALTER TABLE auth_sessions ADD COLUMN spent_jti TEXT;
ALTER TABLE auth_sessions ADD COLUMN rotated_at BIGINT;
