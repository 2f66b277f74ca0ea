-- What members reported of others. Open until an operator has reviewed the one who was reported.
CREATE TABLE match_reports (
    reported_id BIGINT NOT NULL,
    reporter_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    category TEXT NOT NULL,
    reason TEXT NOT NULL,
    reviewed_at BIGINT,
    PRIMARY KEY (reported_id, reporter_id, created_at)
);
CREATE INDEX match_reports_given ON match_reports (reporter_id, created_at);
CREATE INDEX match_reports_open ON match_reports (created_at) WHERE reviewed_at IS NULL;

-- Members whom enough others reported: out of discovery until reviewed.
CREATE TABLE match_withdrawn (
    user_id BIGINT PRIMARY KEY,
    withdrawn_at BIGINT NOT NULL
);

CREATE INDEX match_blocks_given ON match_blocks (blocker_id, created_at);

DROP VIEW match_eligible;
CREATE VIEW match_eligible AS
SELECT me.user_id AS user_id, other.user_id AS candidate_id, other.height AS height, other.weight AS weight,
       other.religion AS religion, other.drinking_status AS drinking_status,
       other.smoking_status AS smoking_status, other.looking_for AS looking_for,
       other.currently_staying AS currently_staying
FROM auth_candidates_v1 me
JOIN auth_candidates_v1 other
  ON other.university_id = me.university_id AND other.gender = me.interested_gender
 AND other.interested_gender = me.gender AND other.user_id <> me.user_id
WHERE NOT EXISTS (SELECT 1 FROM match_likes l WHERE l.liker_id = me.user_id AND l.liked_id = other.user_id)
  AND NOT EXISTS (SELECT 1 FROM match_bonds b
                  WHERE b.low_id = CASE WHEN me.user_id < other.user_id THEN me.user_id ELSE other.user_id END
                    AND b.high_id = CASE WHEN me.user_id < other.user_id THEN other.user_id ELSE me.user_id END)
  AND NOT EXISTS (SELECT 1 FROM match_blocks k WHERE k.blocker_id = me.user_id AND k.blocked_id = other.user_id)
  AND NOT EXISTS (SELECT 1 FROM match_blocks k WHERE k.blocker_id = other.user_id AND k.blocked_id = me.user_id)
  AND NOT EXISTS (SELECT 1 FROM match_withdrawn w WHERE w.user_id = other.user_id);

DROP VIEW match_pending_likes;
CREATE VIEW match_pending_likes AS
SELECT l.liker_id AS liker_id, l.liked_id AS liked_id, l.created_at AS created_at, l.seen_at AS seen_at
FROM match_likes l
JOIN auth_candidates_v1 sender ON sender.user_id = l.liker_id
WHERE l.liked
  AND NOT EXISTS (SELECT 1 FROM match_likes a WHERE a.liker_id = l.liked_id AND a.liked_id = l.liker_id)
  AND NOT EXISTS (SELECT 1 FROM match_bonds b
                  WHERE b.low_id = CASE WHEN l.liker_id < l.liked_id THEN l.liker_id ELSE l.liked_id END
                    AND b.high_id = CASE WHEN l.liker_id < l.liked_id THEN l.liked_id ELSE l.liker_id END)
  AND NOT EXISTS (SELECT 1 FROM match_blocks k WHERE (k.blocker_id = l.liker_id AND k.blocked_id = l.liked_id)
                                                  OR (k.blocker_id = l.liked_id AND k.blocked_id = l.liker_id))
  AND NOT EXISTS (SELECT 1 FROM match_withdrawn w WHERE w.user_id = l.liker_id);
