-- Event push: where each app's events go, how far its reader of the log has come, and rows for what did not go through
-- at once. An event that was delivered at the first try leaves no row.

CREATE TABLE callbacks (
    app_id      INTEGER PRIMARY KEY,
    url         TEXT    NOT NULL,
    token       TEXT    NOT NULL,
    aes_key     TEXT    NOT NULL,
    mode        INTEGER NOT NULL,
    secret      BLOB    NOT NULL,
    policy      INTEGER NOT NULL,
    original_id TEXT    NOT NULL,
    changed_at  INTEGER NOT NULL
);

-- next_seq is the first event that is neither delivered nor has a row; `told` is the reader's own note; `revision` grows
-- whenever somebody else than the reader changes anything.
CREATE TABLE push_marks (
    app_id    INTEGER PRIMARY KEY,
    since_seq INTEGER NOT NULL,
    next_seq  INTEGER NOT NULL,
    told      TEXT    NOT NULL,
    revision  INTEGER NOT NULL
);

-- state: 1 pending, 2 parked, 3 delivered.
CREATE TABLE deliveries (
    app_id     INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    state      INTEGER NOT NULL,
    tries      INTEGER NOT NULL,
    due_at     INTEGER NOT NULL,
    told_at    INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, seq)
) WITHOUT ROWID;
CREATE INDEX deliveries_state ON deliveries (app_id, state, seq);
CREATE INDEX deliveries_changed_at ON deliveries (changed_at) WHERE state <> 1;

CREATE TABLE attempts (
    app_id  INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    no      INTEGER NOT NULL,
    status  INTEGER NOT NULL,
    millis  INTEGER NOT NULL,
    outcome TEXT    NOT NULL,
    answer  TEXT    NOT NULL,
    PRIMARY KEY (app_id, seq, at, no)
) WITHOUT ROWID;
