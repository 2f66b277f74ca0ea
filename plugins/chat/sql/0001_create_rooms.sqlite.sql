CREATE TABLE chat_rooms (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    low_id BIGINT NOT NULL,
    high_id BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (low_id, high_id),
    CHECK (low_id < high_id)
);
CREATE INDEX chat_rooms_high ON chat_rooms (high_id);
