-- Temporary media by a random id. Cleanup drops them when they have expired. With a rowid, as rows are far larger than a
-- page.
CREATE TABLE temporary_media (
    app_id     INTEGER NOT NULL,
    media_id   TEXT    NOT NULL,
    format     INTEGER NOT NULL,
    bytes      BLOB    NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, media_id)
);
CREATE INDEX temporary_media_expires_at ON temporary_media (app_id, expires_at);
