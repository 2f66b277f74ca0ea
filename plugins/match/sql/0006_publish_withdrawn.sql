-- So that who is out of discovery is not paired in the lobby either.
CREATE VIEW match_withdrawn_v1 AS SELECT user_id FROM match_withdrawn;
