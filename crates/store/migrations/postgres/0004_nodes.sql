-- What nodes share beside the rows of apps: failed logins of late, by name and by address, and which months of the log
-- were taken out of it.

CREATE TABLE failed_logins (
    who       TEXT COLLATE "C" PRIMARY KEY,
    failures  BIGINT NOT NULL,
    failed_at BIGINT NOT NULL
);
CREATE INDEX failed_logins_failed_at ON failed_logins (failed_at);

-- Days from `first_day` up to `end_day` (exclusive).
CREATE TABLE detached_months (
    first_day   BIGINT PRIMARY KEY,
    end_day     BIGINT NOT NULL,
    table_name  TEXT COLLATE "C" NOT NULL,
    detached_at BIGINT NOT NULL
);
