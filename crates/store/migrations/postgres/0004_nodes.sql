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

-- What rows will look like. While a table is new the planner knows nothing of it, takes every index for as good as any
-- other, and reads all rows of an app to find one. What it learns here stays until there are rows to learn from.
INSERT INTO codes (app_id, seq, card_no, openid, state, origin, claimed_at, window_at, changed_at)
    SELECT -1 - n % 2, n, n % 7, 'o' || n, 1, 1, 0, 0, 0 FROM generate_series(1, 400) n;
INSERT INTO custom_codes (app_id, card_no, code, kind, place)
    SELECT -1 - n % 2, n % 7, 'c' || n, 1, n FROM generate_series(1, 400) n;
INSERT INTO records (app_id, kind, no, name, body, expires_at)
    SELECT -1 - n % 2, n % 5, n * (n % 2), 'n' || n, '{}', n FROM generate_series(1, 400) n;
ANALYZE codes, custom_codes, records;
DELETE FROM codes;
DELETE FROM custom_codes;
DELETE FROM records;
