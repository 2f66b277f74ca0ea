-- Who pairs an event first closes it to new seats, with a token larger than any before: what is written under a
-- smaller one is refused. Another may take over after pairing_until.
ALTER TABLE lobby_events ADD COLUMN fencing_token BIGINT NOT NULL DEFAULT 0;
ALTER TABLE lobby_events ADD COLUMN pairing_until BIGINT;
