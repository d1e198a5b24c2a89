-- Logins: attempts are counted before the password is checked, and browsers that signed in before are known.

-- `failures` counts attempts that did not succeed, those in flight included. The next attempt is refused before `free_at`.
ALTER TABLE failed_logins ADD COLUMN free_at BIGINT NOT NULL DEFAULT 0;

CREATE TABLE known_browsers (
    digest     BYTEA  PRIMARY KEY,
    account_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX known_browsers_account ON known_browsers (account_id, created_at);
