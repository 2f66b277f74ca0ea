-- With all that discovery ranks people by, so that a sample of them is read from the index alone.
DROP INDEX auth_profiles_discovery;
CREATE INDEX auth_profiles_discovery
    ON auth_profiles (university_id, gender, interested_gender, sample_key)
    INCLUDE (user_id, height, weight, religion, drinking_status, smoking_status, looking_for, currently_staying)
    WHERE complete;
