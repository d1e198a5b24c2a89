-- Every key begins with the app. Rows the hot transaction writes are either appended (codes, events) or a handful of
-- small rows per batch (stocks, counters, event_days); whatever else can be looked up is derived from events.

CREATE TABLE apps (
    app_id            INTEGER PRIMARY KEY,
    appid             TEXT    NOT NULL UNIQUE,
    name              TEXT    NOT NULL,
    review            TEXT    NOT NULL,
    gift_timeout_secs INTEGER NOT NULL,
    return_window_secs INTEGER NOT NULL,
    secret_digest     BLOB    NOT NULL,
    code_key          BLOB    NOT NULL,
    token_key         BLOB    NOT NULL,
    created_at        INTEGER NOT NULL
);

CREATE TABLE counters (
    app_id    INTEGER NOT NULL,
    card_no   INTEGER NOT NULL,
    code_seq  INTEGER NOT NULL,
    event_seq INTEGER NOT NULL,
    latest    INTEGER NOT NULL,
    PRIMARY KEY (app_id)
) WITHOUT ROWID;

CREATE TABLE tokens (
    app_id     INTEGER NOT NULL,
    kind       INTEGER NOT NULL,
    serial     INTEGER NOT NULL,
    issued_at  INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    retired_at INTEGER,
    PRIMARY KEY (app_id, kind, serial)
) WITHOUT ROWID;

CREATE TABLE cards (
    app_id        INTEGER NOT NULL,
    card_no       INTEGER NOT NULL,
    card_id       TEXT    NOT NULL,
    card_type     INTEGER NOT NULL,
    source        INTEGER NOT NULL,
    status        INTEGER NOT NULL,
    refuse_reason TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    section       TEXT    NOT NULL,
    PRIMARY KEY (app_id, card_no)
) WITHOUT ROWID;
CREATE UNIQUE INDEX cards_card_id ON cards (app_id, card_id);
CREATE INDEX cards_created_at ON cards (app_id, created_at DESC, card_id, status);

-- Apart from cards, so that a claim does not write a document again.
CREATE TABLE stocks (
    app_id   INTEGER NOT NULL,
    card_no  INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    total    INTEGER NOT NULL,
    PRIMARY KEY (app_id, card_no)
) WITHOUT ROWID;

CREATE TABLE codes (
    app_id     INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    card_no    INTEGER NOT NULL,
    openid     TEXT    NOT NULL,
    custom     TEXT,
    state      INTEGER NOT NULL,
    origin     INTEGER NOT NULL,
    claimed_at INTEGER NOT NULL,
    window_at  INTEGER NOT NULL,
    own_begin  INTEGER,
    own_end    INTEGER,
    outer_str  TEXT,
    changed_at INTEGER NOT NULL,
    gift_to    TEXT,
    marked_for TEXT,
    expired_at INTEGER,
    PRIMARY KEY (app_id, seq)
) WITHOUT ROWID;

-- kind: 1 deposited, 2 issued as code `seq`, 3 retired. `place` is the place in the queue of a deposited code; it stays
-- when the code is issued, so that the index is only ever appended to.
CREATE TABLE custom_codes (
    app_id  INTEGER NOT NULL,
    card_no INTEGER NOT NULL,
    code    TEXT    NOT NULL,
    kind    INTEGER NOT NULL,
    seq     INTEGER,
    place   INTEGER,
    PRIMARY KEY (app_id, card_no, code)
) WITHOUT ROWID;
CREATE UNIQUE INDEX custom_codes_place ON custom_codes (app_id, card_no, place) WHERE place IS NOT NULL;

CREATE TABLE pools (
    app_id    INTEGER NOT NULL,
    card_no   INTEGER NOT NULL,
    deposited INTEGER NOT NULL,
    drawn     INTEGER NOT NULL,
    PRIMARY KEY (app_id, card_no)
) WITHOUT ROWID;

CREATE TABLE members (
    app_id             INTEGER NOT NULL,
    code_seq           INTEGER NOT NULL,
    membership_number  TEXT    NOT NULL,
    active_at          INTEGER,
    bonus              INTEGER NOT NULL,
    balance            INTEGER NOT NULL,
    custom_field1      TEXT    NOT NULL,
    custom_field2      TEXT    NOT NULL,
    custom_field3      TEXT    NOT NULL,
    background_pic_url TEXT    NOT NULL,
    PRIMARY KEY (app_id, code_seq)
) WITHOUT ROWID;

-- Small documents of many kinds, each under a number or a name.
CREATE TABLE records (
    app_id     INTEGER NOT NULL,
    kind       INTEGER NOT NULL,
    no         INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (app_id, kind, no, name)
) WITHOUT ROWID;
CREATE INDEX records_expires_at ON records (expires_at) WHERE expires_at IS NOT NULL;

-- Uploaded pictures by the digest of their bytes. With a rowid, as rows are far larger than a page.
CREATE TABLE media (
    app_id     INTEGER NOT NULL,
    digest     BLOB    NOT NULL,
    kind       INTEGER NOT NULL,
    bytes      BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, digest)
);

CREATE TABLE events (
    app_id     INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    day        INTEGER NOT NULL,
    kind       INTEGER NOT NULL,
    card_no    INTEGER NOT NULL,
    code_seq   INTEGER,
    openid     TEXT,
    friend     TEXT,
    other_code INTEGER,
    amount     INTEGER NOT NULL,
    amount2    INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    detail     TEXT,
    PRIMARY KEY (app_id, seq)
) WITHOUT ROWID;

CREATE TABLE event_days (
    app_id    INTEGER NOT NULL,
    day       INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL,
    events    INTEGER NOT NULL,
    PRIMARY KEY (app_id, day)
) WITHOUT ROWID;

CREATE TABLE closed_days (
    app_id INTEGER NOT NULL,
    day    INTEGER NOT NULL,
    events INTEGER NOT NULL,
    PRIMARY KEY (app_id, day)
) WITHOUT ROWID;

-- scope_kind: 1 coupons, 2 members (scope_no is the source), 3 one card (scope_no is its number).
CREATE TABLE reports (
    app_id             INTEGER NOT NULL,
    day                INTEGER NOT NULL,
    scope_kind         INTEGER NOT NULL,
    scope_no           INTEGER NOT NULL,
    view_cnt           INTEGER NOT NULL,
    view_user          INTEGER NOT NULL,
    receive_cnt        INTEGER NOT NULL,
    receive_user       INTEGER NOT NULL,
    verify_cnt         INTEGER NOT NULL,
    verify_user        INTEGER NOT NULL,
    given_cnt          INTEGER NOT NULL,
    given_user         INTEGER NOT NULL,
    expire_cnt         INTEGER NOT NULL,
    expire_user        INTEGER NOT NULL,
    active_cnt         INTEGER NOT NULL,
    active_user        INTEGER NOT NULL,
    new_user           INTEGER NOT NULL,
    total_user         INTEGER NOT NULL,
    total_receive_user INTEGER NOT NULL,
    fee                INTEGER NOT NULL,
    original_fee       INTEGER NOT NULL,
    return_cnt         INTEGER NOT NULL,
    return_user        INTEGER NOT NULL,
    PRIMARY KEY (app_id, day, scope_kind, scope_no)
) WITHOUT ROWID;

-- Holders of member cards by a dense number, handed out by member_counters.
CREATE TABLE member_holders (
    app_id    INTEGER NOT NULL,
    openid    TEXT    NOT NULL,
    holder_no INTEGER NOT NULL,
    PRIMARY KEY (app_id, openid)
) WITHOUT ROWID;

CREATE TABLE member_counters (
    app_id    INTEGER NOT NULL,
    holder_no INTEGER NOT NULL,
    PRIMARY KEY (app_id)
) WITHOUT ROWID;

-- The steps of a code in order. `place` counts the steps of the code on the day; `holder_no` is absent and `other_code`
-- is the friend's code where the code is given away.
CREATE TABLE member_steps (
    app_id     INTEGER NOT NULL,
    code_seq   INTEGER NOT NULL,
    day        INTEGER NOT NULL,
    place      INTEGER NOT NULL,
    kind       INTEGER NOT NULL,
    card_no    INTEGER NOT NULL,
    holder_no  INTEGER,
    other_code INTEGER,
    PRIMARY KEY (app_id, code_seq, day, place)
) WITHOUT ROWID;

-- The first day of a holder's claims and memberships of a card.
CREATE TABLE member_firsts (
    app_id    INTEGER NOT NULL,
    card_no   INTEGER NOT NULL,
    holder_no INTEGER NOT NULL,
    claim_day INTEGER,
    begin_day INTEGER,
    PRIMARY KEY (app_id, card_no, holder_no)
) WITHOUT ROWID;

CREATE TABLE sweeps (
    app_id        INTEGER NOT NULL,
    card_no       INTEGER NOT NULL,
    settled       INTEGER NOT NULL,
    swept_through INTEGER NOT NULL,
    PRIMARY KEY (app_id, card_no)
) WITHOUT ROWID;
