-- The writer holds the lock of a room while it stores into it, so no message can come without its room. That each row asked
-- for the room again was a quarter of what storing a batch costs. Whoever removes a room removes its messages behind it.
ALTER TABLE chat_messages DROP CONSTRAINT chat_messages_chat_id_fkey;
