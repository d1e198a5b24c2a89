-- The console: accounts with what they may do, sessions, and links that let somebody in once. Accounts are of no app;
-- app_id 0 in a grant stands for every app there is and will be.

CREATE TABLE accounts (
    account_id  INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT    NOT NULL,
    name_key    TEXT    NOT NULL UNIQUE,
    password    TEXT,
    created_at  INTEGER NOT NULL,
    disabled_at INTEGER
);

-- role: 1 owner, 2 operator, 3 clerk.
CREATE TABLE grants (
    account_id INTEGER NOT NULL,
    app_id     INTEGER NOT NULL,
    role       INTEGER NOT NULL,
    PRIMARY KEY (account_id, app_id)
) WITHOUT ROWID;

CREATE TABLE sessions (
    digest     BLOB    PRIMARY KEY,
    account_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_account ON sessions (account_id);

CREATE TABLE login_links (
    digest     BLOB    PRIMARY KEY,
    account_id INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
