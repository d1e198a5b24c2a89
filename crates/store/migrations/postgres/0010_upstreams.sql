-- The original host behind each app: where other calls than those of cards go. `secrets` and `token` are encrypted under a
-- key outside of the store. `renew_until` is the end of a node's lease to fetch a new token.

CREATE TABLE upstreams (
    app_id       BIGINT PRIMARY KEY,
    settings     TEXT COLLATE "C" NOT NULL,
    secrets      BYTEA  NOT NULL,
    token        BYTEA  NOT NULL,
    token_serial BIGINT NOT NULL,
    token_until  BIGINT NOT NULL,
    forced_at    BIGINT NOT NULL,
    renew_until  BIGINT NOT NULL,
    changed_at   BIGINT NOT NULL
);
