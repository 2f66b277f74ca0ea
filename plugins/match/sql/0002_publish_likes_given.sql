-- So that a profile and the likes left of its owner's day are read in one statement.
CREATE VIEW match_likes_given_v1 AS SELECT user_id, given_at FROM match_likes_given;
