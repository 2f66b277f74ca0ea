-- How far each of the two has come: both cursors only move forward.
CREATE TABLE chat_participants (
    chat_id BIGINT NOT NULL REFERENCES chat_rooms (id) ON DELETE CASCADE,
    user_id BIGINT NOT NULL,
    delivered_seq BIGINT NOT NULL,
    seen_seq BIGINT NOT NULL,
    PRIMARY KEY (chat_id, user_id)
);
CREATE INDEX chat_participants_user ON chat_participants (user_id);

-- seq is gapless from 1 within a chat; message_id is the sender's idempotency key.
CREATE TABLE chat_messages (
    chat_id BIGINT NOT NULL REFERENCES chat_rooms (id) ON DELETE CASCADE,
    seq BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    sender_id BIGINT NOT NULL,
    body TEXT NOT NULL,
    reply_id TEXT,
    media TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (chat_id, seq),
    UNIQUE (chat_id, message_id)
);
