-- One row for each stored file, from before its first byte until after its last. check_at: when it is next asked
-- whether anybody still refers to it.
CREATE TABLE media_files (
    file_key TEXT NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL,
    size_bytes BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    check_at BIGINT NOT NULL,
    abandoned BOOLEAN NOT NULL
);

CREATE INDEX media_files_check ON media_files (check_at);
CREATE INDEX media_files_of_user ON media_files (user_id);
