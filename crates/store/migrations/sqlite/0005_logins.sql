-- Logins: attempts are counted before the password is checked, and browsers that signed in before are known.

-- `failures` counts attempts that did not succeed, those in flight included. The next attempt is refused before `free_at`.
ALTER TABLE failed_logins ADD COLUMN free_at INTEGER NOT NULL DEFAULT 0;

CREATE TABLE known_browsers (
    digest     BLOB    PRIMARY KEY,
    account_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX known_browsers_account ON known_browsers (account_id, created_at);
