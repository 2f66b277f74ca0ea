-- The cards that left a queue are many more than those in it.
CREATE INDEX match_cards_queued ON match_cards (user_id, candidate_id) WHERE queued;
