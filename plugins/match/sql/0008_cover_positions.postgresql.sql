-- With the place itself, so that those of ten candidates are read from the index alone.
ALTER TABLE match_positions DROP CONSTRAINT match_positions_pkey;
ALTER TABLE match_positions ADD PRIMARY KEY (user_id) INCLUDE (x, y, z);
