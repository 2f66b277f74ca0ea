CREATE TABLE hello_greetings (
    name TEXT NOT NULL PRIMARY KEY,
    times BIGINT NOT NULL,
    last_at BIGINT NOT NULL
);
CREATE INDEX hello_greetings_last_at ON hello_greetings (last_at);
