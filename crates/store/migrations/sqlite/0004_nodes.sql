-- What nodes share beside the rows of apps: failed logins of late, by name and by address.

CREATE TABLE failed_logins (
    who       TEXT    PRIMARY KEY,
    failures  INTEGER NOT NULL,
    failed_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX failed_logins_failed_at ON failed_logins (failed_at);
