ALTER TABLE auth_preferences ADD COLUMN max_distance_km BIGINT;
