-- Every key begins with the app. Rows the hot transaction writes are either appended (codes, events) or a handful of
-- small rows per batch (stocks, counters, event_days, lanes). Texts are compared byte by byte, as the rules do.

CREATE TABLE apps (
    app_id            BIGINT PRIMARY KEY,
    appid             TEXT COLLATE "C" NOT NULL UNIQUE,
    name              TEXT COLLATE "C" NOT NULL,
    review            TEXT COLLATE "C" NOT NULL,
    gift_timeout_secs BIGINT NOT NULL,
    return_window_secs BIGINT NOT NULL,
    secret_digest     BYTEA  NOT NULL,
    code_key          BYTEA  NOT NULL,
    token_key         BYTEA  NOT NULL,
    created_at        BIGINT NOT NULL
);

CREATE TABLE counters (
    app_id    BIGINT NOT NULL,
    card_no   BIGINT NOT NULL,
    code_seq  BIGINT NOT NULL,
    event_seq BIGINT NOT NULL,
    latest    BIGINT NOT NULL,
    PRIMARY KEY (app_id)
) WITH (fillfactor = 40);

-- The last batch each lane of each node has committed, so that a commit whose answer was lost can be looked up.
CREATE TABLE lanes (
    app_id     BIGINT NOT NULL,
    lane       BIGINT NOT NULL,
    batch      BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (app_id, lane)
) WITH (fillfactor = 40);

CREATE TABLE tokens (
    app_id     BIGINT NOT NULL,
    kind       BIGINT NOT NULL,
    serial     BIGINT NOT NULL,
    issued_at  BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    retired_at BIGINT,
    PRIMARY KEY (app_id, kind, serial)
);

CREATE TABLE cards (
    app_id        BIGINT NOT NULL,
    card_no       BIGINT NOT NULL,
    card_id       TEXT COLLATE "C" NOT NULL,
    card_type     BIGINT NOT NULL,
    source        BIGINT NOT NULL,
    status        BIGINT NOT NULL,
    refuse_reason TEXT COLLATE "C" NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    section       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (app_id, card_no)
);
CREATE UNIQUE INDEX cards_card_id ON cards (app_id, card_id);
CREATE INDEX cards_created_at ON cards (app_id, created_at DESC, card_id, status);

-- Apart from cards, so that a claim does not write a document again. `revision` grows with every change of the card's
-- own row, so that whoever locks this row knows whether the document it remembers is still the one.
CREATE TABLE stocks (
    app_id   BIGINT NOT NULL,
    card_no  BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    total    BIGINT NOT NULL,
    revision BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (app_id, card_no)
) WITH (fillfactor = 40);

CREATE TABLE codes (
    app_id     BIGINT NOT NULL,
    seq        BIGINT NOT NULL,
    card_no    BIGINT NOT NULL,
    openid     TEXT COLLATE "C" NOT NULL,
    custom     TEXT COLLATE "C",
    state      BIGINT NOT NULL,
    origin     BIGINT NOT NULL,
    claimed_at BIGINT NOT NULL,
    window_at  BIGINT NOT NULL,
    own_begin  BIGINT,
    own_end    BIGINT,
    outer_str  TEXT COLLATE "C",
    changed_at BIGINT NOT NULL,
    gift_to    TEXT COLLATE "C",
    marked_for TEXT COLLATE "C",
    expired_at BIGINT,
    PRIMARY KEY (app_id, seq)
) WITH (fillfactor = 90);
CREATE INDEX codes_openid ON codes (app_id, openid, card_no, seq);
CREATE INDEX codes_card_no ON codes (app_id, card_no, seq);

-- kind: 1 deposited, 2 issued as code `seq`, 3 retired. `place` is the place in the queue of a deposited code; it stays
-- when the code is issued, so that the index is only ever appended to.
CREATE TABLE custom_codes (
    app_id  BIGINT NOT NULL,
    card_no BIGINT NOT NULL,
    code    TEXT COLLATE "C" NOT NULL,
    kind    BIGINT NOT NULL,
    seq     BIGINT,
    place   BIGINT,
    PRIMARY KEY (app_id, card_no, code)
);
CREATE UNIQUE INDEX custom_codes_place ON custom_codes (app_id, card_no, place) WHERE place IS NOT NULL;

CREATE TABLE pools (
    app_id    BIGINT NOT NULL,
    card_no   BIGINT NOT NULL,
    deposited BIGINT NOT NULL,
    drawn     BIGINT NOT NULL,
    PRIMARY KEY (app_id, card_no)
);

CREATE TABLE members (
    app_id             BIGINT NOT NULL,
    code_seq           BIGINT NOT NULL,
    membership_number  TEXT COLLATE "C" NOT NULL,
    active_at          BIGINT,
    bonus              BIGINT NOT NULL,
    balance            BIGINT NOT NULL,
    custom_field1      TEXT COLLATE "C" NOT NULL,
    custom_field2      TEXT COLLATE "C" NOT NULL,
    custom_field3      TEXT COLLATE "C" NOT NULL,
    background_pic_url TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (app_id, code_seq)
);

-- Small documents of many kinds, each under a number or a name.
CREATE TABLE records (
    app_id     BIGINT NOT NULL,
    kind       BIGINT NOT NULL,
    no         BIGINT NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    body       TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (app_id, kind, no, name)
);
CREATE INDEX records_expires_at ON records (app_id, expires_at) WHERE expires_at IS NOT NULL;

-- Uploaded pictures by the digest of their bytes.
CREATE TABLE media (
    app_id     BIGINT NOT NULL,
    digest     BYTEA  NOT NULL,
    kind       BIGINT NOT NULL,
    bytes      BYTEA  NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (app_id, digest)
);

-- By month of the day an event counts in; the months are made ahead.
CREATE TABLE events (
    app_id     BIGINT NOT NULL,
    seq        BIGINT NOT NULL,
    day        BIGINT NOT NULL,
    kind       BIGINT NOT NULL,
    card_no    BIGINT NOT NULL,
    code_seq   BIGINT,
    openid     TEXT COLLATE "C",
    friend     TEXT COLLATE "C",
    other_code BIGINT,
    amount     BIGINT NOT NULL,
    amount2    BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    detail     TEXT COLLATE "C",
    PRIMARY KEY (app_id, seq, day)
) PARTITION BY RANGE (day);

-- What no month was made for.
CREATE TABLE events_other PARTITION OF events DEFAULT;

CREATE TABLE event_days (
    app_id    BIGINT NOT NULL,
    day       BIGINT NOT NULL,
    first_seq BIGINT NOT NULL,
    last_seq  BIGINT NOT NULL,
    events    BIGINT NOT NULL,
    PRIMARY KEY (app_id, day)
);

CREATE TABLE closed_days (
    app_id BIGINT NOT NULL,
    day    BIGINT NOT NULL,
    events BIGINT NOT NULL,
    PRIMARY KEY (app_id, day)
);

-- scope_kind: 1 coupons, 2 members (scope_no is the source), 3 one card (scope_no is its number).
CREATE TABLE reports (
    app_id             BIGINT NOT NULL,
    day                BIGINT NOT NULL,
    scope_kind         BIGINT NOT NULL,
    scope_no           BIGINT NOT NULL,
    view_cnt           BIGINT NOT NULL,
    view_user          BIGINT NOT NULL,
    receive_cnt        BIGINT NOT NULL,
    receive_user       BIGINT NOT NULL,
    verify_cnt         BIGINT NOT NULL,
    verify_user        BIGINT NOT NULL,
    given_cnt          BIGINT NOT NULL,
    given_user         BIGINT NOT NULL,
    expire_cnt         BIGINT NOT NULL,
    expire_user        BIGINT NOT NULL,
    active_cnt         BIGINT NOT NULL,
    active_user        BIGINT NOT NULL,
    new_user           BIGINT NOT NULL,
    total_user         BIGINT NOT NULL,
    total_receive_user BIGINT NOT NULL,
    fee                BIGINT NOT NULL,
    original_fee       BIGINT NOT NULL,
    return_cnt         BIGINT NOT NULL,
    return_user        BIGINT NOT NULL,
    PRIMARY KEY (app_id, day, scope_kind, scope_no)
);

-- Holders of member cards by a dense number, handed out by member_counters.
CREATE TABLE member_holders (
    app_id    BIGINT NOT NULL,
    openid    TEXT COLLATE "C" NOT NULL,
    holder_no BIGINT NOT NULL,
    PRIMARY KEY (app_id, openid)
);

CREATE TABLE member_counters (
    app_id    BIGINT NOT NULL,
    holder_no BIGINT NOT NULL,
    PRIMARY KEY (app_id)
);

-- The steps of a code in order. `place` counts the steps of the code on the day; `holder_no` is absent and `other_code`
-- is the friend's code where the code is given away.
CREATE TABLE member_steps (
    app_id     BIGINT NOT NULL,
    code_seq   BIGINT NOT NULL,
    day        BIGINT NOT NULL,
    place      BIGINT NOT NULL,
    kind       BIGINT NOT NULL,
    card_no    BIGINT NOT NULL,
    holder_no  BIGINT,
    other_code BIGINT,
    PRIMARY KEY (app_id, code_seq, day, place)
);

-- The first day of a holder's claims and memberships of a card.
CREATE TABLE member_firsts (
    app_id    BIGINT NOT NULL,
    card_no   BIGINT NOT NULL,
    holder_no BIGINT NOT NULL,
    claim_day BIGINT,
    begin_day BIGINT,
    PRIMARY KEY (app_id, card_no, holder_no)
);

CREATE TABLE sweeps (
    app_id        BIGINT NOT NULL,
    card_no       BIGINT NOT NULL,
    settled       BIGINT NOT NULL,
    swept_through BIGINT NOT NULL,
    PRIMARY KEY (app_id, card_no)
);
