-- One row for each member who ever took part; updating it is the lock under which a member's decisions are made.
CREATE TABLE match_members (
    user_id BIGINT PRIMARY KEY,
    decisions BIGINT NOT NULL,
    queue_preferences TEXT
);

-- How often a member was put before others, for fair exposure.
CREATE TABLE match_exposure (
    user_id BIGINT PRIMARY KEY,
    times_queued BIGINT NOT NULL
);

-- A decision of one about another: liked, or passed.
CREATE TABLE match_likes (
    liker_id BIGINT NOT NULL,
    liked_id BIGINT NOT NULL,
    liked BOOLEAN NOT NULL,
    seen_at BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (liker_id, liked_id)
);
CREATE INDEX match_likes_received ON match_likes (liked_id, created_at);

-- Likes given, for the daily limit; stays when the like itself goes, so that nothing is given back.
CREATE TABLE match_likes_given (
    user_id BIGINT NOT NULL,
    given_at BIGINT NOT NULL,
    liked_id BIGINT NOT NULL,
    PRIMARY KEY (user_id, given_at, liked_id)
);

-- What ties two people: a match, or the chat that came of it. Never both.
CREATE TABLE match_bonds (
    low_id BIGINT NOT NULL,
    high_id BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('match', 'chat')),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (low_id, high_id),
    CHECK (low_id < high_id)
);
CREATE INDEX match_bonds_high ON match_bonds (high_id);

CREATE TABLE match_blocks (
    blocker_id BIGINT NOT NULL,
    blocked_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (blocker_id, blocked_id)
);
CREATE INDEX match_blocks_blocked ON match_blocks (blocked_id);

-- Candidates before a member: in the queue, or handed out a while ago and still good to swipe.
CREATE TABLE match_cards (
    user_id BIGINT NOT NULL,
    candidate_id BIGINT NOT NULL,
    queued BOOLEAN NOT NULL,
    handed_at BIGINT,
    PRIMARY KEY (user_id, candidate_id)
);
CREATE INDEX match_cards_candidate ON match_cards (candidate_id);

CREATE VIEW match_bonds_v1 AS SELECT low_id, high_id, state FROM match_bonds;
CREATE VIEW match_blocks_v1 AS SELECT blocker_id, blocked_id FROM match_blocks;

-- Who may be put before whom.
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
  AND NOT EXISTS (SELECT 1 FROM match_blocks k WHERE k.blocker_id = other.user_id AND k.blocked_id = me.user_id);

-- Likes that wait for an answer of the one who was liked.
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
                                                  OR (k.blocker_id = l.liked_id AND k.blocked_id = l.liker_id));
