-- Temporary media by a random id. Cleanup drops them when they have expired.
CREATE TABLE temporary_media (
    app_id     BIGINT NOT NULL,
    media_id   TEXT COLLATE "C" NOT NULL,
    format     BIGINT NOT NULL,
    bytes      BYTEA  NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (app_id, media_id)
);
CREATE INDEX temporary_media_expires_at ON temporary_media (app_id, expires_at);
