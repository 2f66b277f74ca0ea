CREATE TABLE lobby_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('gathering', 'finished', 'called_off')),
    UNIQUE (name, starts_at)
);
CREATE INDEX lobby_events_state ON lobby_events (state, ends_at);
