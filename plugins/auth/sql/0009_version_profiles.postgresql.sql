-- Another number after each change of what others see.
ALTER TABLE auth_profiles ADD COLUMN version BIGINT NOT NULL DEFAULT 0;

CREATE OR REPLACE VIEW auth_candidates_v1 AS
SELECT user_id, university_id, gender, interested_gender, height, weight, religion, drinking_status, smoking_status,
       looking_for, currently_staying, sample_key, version
FROM auth_profiles
WHERE complete;

-- Whether somebody is still who was chosen is asked for ten people at a time: so the answer is in an index, and the long
-- rows need not be read.
CREATE UNIQUE INDEX auth_profiles_candidates ON auth_profiles (user_id)
    INCLUDE (university_id, gender, interested_gender, version) WHERE complete;
