-- For the question which files somebody's messages refer to.
CREATE INDEX chat_messages_with_media ON chat_messages (sender_id) WHERE media IS NOT NULL;
