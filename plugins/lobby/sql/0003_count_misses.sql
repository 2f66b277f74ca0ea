-- How many events in a row, this one included, had left the person over; 0 for who was paired.
ALTER TABLE lobby_results ADD COLUMN misses BIGINT NOT NULL DEFAULT 0;
UPDATE lobby_results SET misses = 1 WHERE partner_id IS NULL;
CREATE INDEX lobby_results_partner ON lobby_results (partner_id);
