-- Event push: where each app's events go, how far its reader of the log has come, and rows for what did not go through
-- at once. An event that was delivered at the first try leaves no row.

CREATE TABLE callbacks (
    app_id      BIGINT PRIMARY KEY,
    url         TEXT COLLATE "C" NOT NULL,
    token       TEXT COLLATE "C" NOT NULL,
    aes_key     TEXT COLLATE "C" NOT NULL,
    mode        BIGINT NOT NULL,
    secret      BYTEA  NOT NULL,
    policy      BIGINT NOT NULL,
    original_id TEXT COLLATE "C" NOT NULL,
    changed_at  BIGINT NOT NULL
);

-- next_seq is the first event that is neither delivered nor has a row; `told` is the reader's own note; `revision` grows
-- whenever somebody else than the reader changes anything.
CREATE TABLE push_marks (
    app_id    BIGINT PRIMARY KEY,
    since_seq BIGINT NOT NULL,
    next_seq  BIGINT NOT NULL,
    told      TEXT COLLATE "C" NOT NULL,
    revision  BIGINT NOT NULL
);

-- state: 1 pending, 2 parked, 3 delivered.
CREATE TABLE deliveries (
    app_id     BIGINT NOT NULL,
    seq        BIGINT NOT NULL,
    state      BIGINT NOT NULL,
    tries      BIGINT NOT NULL,
    due_at     BIGINT NOT NULL,
    told_at    BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (app_id, seq)
);
CREATE INDEX deliveries_state ON deliveries (app_id, state, seq);
CREATE INDEX deliveries_changed_at ON deliveries (app_id, changed_at) WHERE state <> 1;

CREATE TABLE attempts (
    app_id  BIGINT NOT NULL,
    seq     BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    no      BIGINT NOT NULL,
    status  BIGINT NOT NULL,
    millis  BIGINT NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL,
    answer  TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (app_id, seq, at, no)
);
