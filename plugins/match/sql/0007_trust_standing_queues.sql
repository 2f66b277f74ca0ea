-- Whether the wishes are those of queue_preferences for certain: until something of the member changes.
ALTER TABLE match_members ADD COLUMN queue_current BOOLEAN NOT NULL DEFAULT FALSE;
