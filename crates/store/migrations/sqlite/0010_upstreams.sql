-- The original host behind each app: where other calls than those of cards go. `secrets` and `token` are encrypted under a
-- key outside of the store. `renew_until` is the end of a node's lease to fetch a new token.

CREATE TABLE upstreams (
    app_id       INTEGER PRIMARY KEY,
    settings     TEXT    NOT NULL,
    secrets      BLOB    NOT NULL,
    token        BLOB    NOT NULL,
    token_serial INTEGER NOT NULL,
    token_until  INTEGER NOT NULL,
    forced_at    INTEGER NOT NULL,
    renew_until  INTEGER NOT NULL,
    changed_at   INTEGER NOT NULL
);
