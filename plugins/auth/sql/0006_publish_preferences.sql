CREATE VIEW auth_preferences_v1 AS
SELECT user_id, height, weight, religion, drinking_status, smoking_status, looking_for, currently_staying
FROM auth_preferences;
