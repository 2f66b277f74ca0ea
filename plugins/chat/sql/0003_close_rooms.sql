-- When one of the two deleted their account: the other goes on reading, nobody writes.
ALTER TABLE chat_rooms ADD COLUMN closed_at BIGINT;
