-- Messages that were edited, unsent or reacted to. revision counts the changes of a chat without gaps; a message has the
-- one of its last change, and none if it was never changed.
ALTER TABLE chat_rooms ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE chat_messages ADD COLUMN revision BIGINT;
ALTER TABLE chat_messages ADD COLUMN edited_at BIGINT;
ALTER TABLE chat_messages ADD COLUMN unsent_at BIGINT;
ALTER TABLE chat_messages ADD COLUMN reactions TEXT;
CREATE INDEX chat_messages_changed ON chat_messages (chat_id, revision) WHERE revision IS NOT NULL;
-- Until when this participant does not want to be disturbed by the chat.
ALTER TABLE chat_participants ADD COLUMN muted_until BIGINT;
