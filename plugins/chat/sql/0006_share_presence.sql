-- Who lets others see when they are here: a row for each. last_seen_at: when the last device left.
CREATE TABLE chat_presence (
    user_id BIGINT PRIMARY KEY,
    last_seen_at BIGINT
);
-- Nodes say again and again that they live; what a dead one had is void.
CREATE TABLE chat_nodes (
    node TEXT PRIMARY KEY,
    alive_until BIGINT NOT NULL
);
CREATE TABLE chat_online (
    user_id BIGINT NOT NULL REFERENCES chat_presence (user_id) ON DELETE CASCADE,
    node TEXT NOT NULL REFERENCES chat_nodes (node) ON DELETE CASCADE,
    PRIMARY KEY (user_id, node)
);
CREATE INDEX chat_online_node ON chat_online (node);
