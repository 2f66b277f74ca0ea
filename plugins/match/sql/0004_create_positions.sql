-- Where members are, in hundredths of a degree: the town that their hometown names, and what a device said. x, y and z
-- are the one that counts, the device's if there is one, as a point of the unit sphere.
CREATE TABLE match_positions (
    user_id BIGINT PRIMARY KEY,
    home_latitude BIGINT,
    home_longitude BIGINT,
    device_latitude BIGINT,
    device_longitude BIGINT,
    x DOUBLE PRECISION,
    y DOUBLE PRECISION,
    z DOUBLE PRECISION
);
