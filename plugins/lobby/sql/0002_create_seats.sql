-- Being there is a seat, not a socket: it holds until present_until, which an open socket keeps moving on.
CREATE TABLE lobby_seats (
    event_id BIGINT NOT NULL REFERENCES lobby_events (id) ON DELETE CASCADE,
    user_id BIGINT NOT NULL,
    present_until BIGINT NOT NULL,
    PRIMARY KEY (event_id, user_id)
);

-- One answer for each seat; partner_id is null for those who were left over.
CREATE TABLE lobby_results (
    event_id BIGINT NOT NULL REFERENCES lobby_events (id) ON DELETE CASCADE,
    user_id BIGINT NOT NULL,
    partner_id BIGINT,
    decided_at BIGINT NOT NULL,
    told_at BIGINT,
    PRIMARY KEY (event_id, user_id)
);
CREATE INDEX lobby_results_user ON lobby_results (user_id, decided_at);
