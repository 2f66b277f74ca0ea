-- True while tokens of the original server are good for this account: it was imported, and nobody has asked since to be
-- signed out everywhere.
ALTER TABLE auth_users ADD COLUMN legacy_tokens BOOLEAN NOT NULL DEFAULT FALSE;
