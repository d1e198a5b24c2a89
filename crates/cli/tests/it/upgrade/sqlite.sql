-- A data folder as the version before wrote it: a merchant with a member card, two coupons, holders, and a closed day.
BEGIN TRANSACTION;
CREATE TABLE accounts (
    account_id  INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT    NOT NULL,
    name_key    TEXT    NOT NULL UNIQUE,
    password    TEXT,
    created_at  INTEGER NOT NULL,
    disabled_at INTEGER
);
INSERT INTO "accounts" VALUES(1,'owner','owner',NULL,1788228000,NULL);
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
INSERT INTO "apps" VALUES(1,'wxec4af0143a69c0c4','茶铺','auto',86400,600,X'F4E1226167CA9E1788CD564A7B14A431D670B61109DD4F486A49723A1C4C47B5',X'262830257937B115D6CEE03EA1FAA67065D240B49F3A129E35015A831682891E',X'20FFC28D37B2E7BC11F64E23C7EDBCF13F6A5E9B2EEBBB2E74B711B6CFFE6321',1788228000);
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
INSERT INTO "cards" VALUES(1,1,'pzz0opW_6XqgMltrtJgEDCjVXy3D',10,1,3,'',1788228000,1788228000,'{"base_info":{"logo_url":"http://mmbiz.qpic.cn/mmbiz/a/0","code_type":"CODE_TYPE_TEXT","brand_name":"茶铺","title":"茶友卡","date_info":{"type":"DATE_TYPE_PERMANENT"},"color":"Color010","notice":"请出示","description":"不可兼用"},"supply_bonus":true,"supply_balance":false,"prerogative":"积分","activate_url":"https://t.example/a","custom_field1":{"name_type":"FIELD_NAME_TYPE_LEVEL","url":"https://t.example/l"}}');
INSERT INTO "cards" VALUES(1,2,'pzz0opWtGN9V5v__TKTFgMFLh16I',4,1,3,'',1788228000,1788228000,'{"base_info":{"logo_url":"http://mmbiz.qpic.cn/mmbiz/a/0","code_type":"CODE_TYPE_TEXT","brand_name":"茶铺","title":"春茶券","date_info":{"type":"DATE_TYPE_FIX_TIME_RANGE","begin_timestamp":1788192000,"end_timestamp":2145887999},"color":"Color010","notice":"请出示","description":"不可兼用","get_limit":3,"can_give_friend":true},"deal_detail":"乌龙茶一杯"}');
INSERT INTO "cards" VALUES(1,3,'pzz0opWiza7gKVM0b3X0FmdZEF-s',1,1,3,'',1788228000,1788228000,'{"base_info":{"logo_url":"http://mmbiz.qpic.cn/mmbiz/a/0","code_type":"CODE_TYPE_TEXT","brand_name":"茶铺","title":"代金券","date_info":{"type":"DATE_TYPE_FIX_TERM","fixed_term":36500,"fixed_begin_term":0},"color":"Color010","notice":"请出示","description":"不可兼用","use_custom_code":true,"get_custom_code_mode":"GET_CUSTOM_CODE_MODE_DEPOSIT"},"least_cost":10000,"reduce_cost":2000}');
CREATE TABLE closed_days (
    app_id INTEGER NOT NULL,
    day    INTEGER NOT NULL,
    events INTEGER NOT NULL,
    PRIMARY KEY (app_id, day)
) WITHOUT ROWID;
INSERT INTO "closed_days" VALUES(1,20697,21);
INSERT INTO "closed_days" VALUES(1,20698,0);
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
INSERT INTO "codes" VALUES(1,1,1,'oMember000000000000000000001',NULL,1,1,1788228000,1788228000,NULL,NULL,NULL,1788228000,NULL,NULL,NULL);
INSERT INTO "codes" VALUES(1,2,1,'oMember000000000000000000002',NULL,1,1,1788228000,1788228000,NULL,NULL,NULL,1788228000,NULL,NULL,NULL);
INSERT INTO "codes" VALUES(1,3,2,'oHolder000000000000000000001',NULL,2,1,1788228000,1788228000,NULL,NULL,NULL,1788228000,NULL,NULL,NULL);
INSERT INTO "codes" VALUES(1,4,2,'oHolder000000000000000000001',NULL,4,1,1788228000,1788228000,NULL,NULL,NULL,1788228000,NULL,NULL,NULL);
INSERT INTO "codes" VALUES(1,5,2,'oHolder000000000000000000002',NULL,8,1,1788228000,1788228000,NULL,NULL,NULL,1788228000,NULL,NULL,NULL);
INSERT INTO "codes" VALUES(1,6,3,'oHolder000000000000000000003','A1',1,1,1788228000,1788228000,NULL,NULL,NULL,1788228000,NULL,NULL,NULL);
INSERT INTO "codes" VALUES(1,7,3,'oHolder000000000000000000002','B2 ',1,1,1788228000,1788228000,NULL,NULL,NULL,1788228000,NULL,NULL,NULL);
CREATE TABLE counters (
    app_id    INTEGER NOT NULL,
    card_no   INTEGER NOT NULL,
    code_seq  INTEGER NOT NULL,
    event_seq INTEGER NOT NULL,
    latest    INTEGER NOT NULL,
    PRIMARY KEY (app_id)
) WITHOUT ROWID;
INSERT INTO "counters" VALUES(1,4,8,22,1788228000);
CREATE TABLE custom_codes (
    app_id  INTEGER NOT NULL,
    card_no INTEGER NOT NULL,
    code    TEXT    NOT NULL,
    kind    INTEGER NOT NULL,
    seq     INTEGER,
    place   INTEGER,
    PRIMARY KEY (app_id, card_no, code)
) WITHOUT ROWID;
INSERT INTO "custom_codes" VALUES(1,3,'A1',2,6,0);
INSERT INTO "custom_codes" VALUES(1,3,'B2 ',2,7,1);
INSERT INTO "custom_codes" VALUES(1,3,'C3',1,NULL,2);
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
CREATE TABLE event_days (
    app_id    INTEGER NOT NULL,
    day       INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL,
    events    INTEGER NOT NULL,
    PRIMARY KEY (app_id, day)
) WITHOUT ROWID;
INSERT INTO "event_days" VALUES(1,20697,1,21,21);
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
INSERT INTO "events" VALUES(1,1,20697,1,1,NULL,NULL,NULL,NULL,100,0,1788228000,NULL);
INSERT INTO "events" VALUES(1,2,20697,3,1,NULL,NULL,NULL,NULL,0,0,1788228000,NULL);
INSERT INTO "events" VALUES(1,3,20697,1,2,NULL,NULL,NULL,NULL,100,0,1788228000,NULL);
INSERT INTO "events" VALUES(1,4,20697,3,2,NULL,NULL,NULL,NULL,0,0,1788228000,NULL);
INSERT INTO "events" VALUES(1,5,20697,1,3,NULL,NULL,NULL,NULL,0,0,1788228000,NULL);
INSERT INTO "events" VALUES(1,6,20697,3,3,NULL,NULL,NULL,NULL,0,0,1788228000,NULL);
INSERT INTO "events" VALUES(1,7,20697,7,3,NULL,NULL,NULL,NULL,3,0,1788228000,NULL);
INSERT INTO "events" VALUES(1,8,20697,5,3,NULL,NULL,NULL,NULL,3,0,1788228000,NULL);
INSERT INTO "events" VALUES(1,9,20697,11,1,1,'oMember000000000000000000001',NULL,NULL,0,0,1788228000,NULL);
INSERT INTO "events" VALUES(1,10,20697,11,1,2,'oMember000000000000000000002',NULL,NULL,0,0,1788228000,NULL);
INSERT INTO "events" VALUES(1,11,20697,30,1,1,'oMember000000000000000000001',NULL,NULL,100,0,1788228000,NULL);
INSERT INTO "events" VALUES(1,12,20697,31,1,1,'oMember000000000000000000001',NULL,NULL,30,0,1788228000,'{"record_bonus":"消费"}');
INSERT INTO "events" VALUES(1,13,20697,11,2,3,'oHolder000000000000000000001',NULL,NULL,0,0,1788228000,NULL);
INSERT INTO "events" VALUES(1,14,20697,11,2,4,'oHolder000000000000000000001',NULL,NULL,0,0,1788228000,NULL);
INSERT INTO "events" VALUES(1,15,20697,11,2,5,'oHolder000000000000000000002',NULL,NULL,0,0,1788228000,NULL);
INSERT INTO "events" VALUES(1,16,20697,12,2,3,'oHolder000000000000000000001',NULL,NULL,0,0,1788228000,NULL);
INSERT INTO "events" VALUES(1,17,20697,11,3,6,'oHolder000000000000000000003',NULL,NULL,0,0,1788228000,NULL);
INSERT INTO "events" VALUES(1,18,20697,11,3,7,'oHolder000000000000000000002',NULL,NULL,0,0,1788228000,NULL);
INSERT INTO "events" VALUES(1,19,20697,10,2,NULL,'oHolder000000000000000000004',NULL,NULL,0,0,1788228000,NULL);
INSERT INTO "events" VALUES(1,20,20697,17,2,5,'oHolder000000000000000000002',NULL,NULL,0,0,1788228000,NULL);
INSERT INTO "events" VALUES(1,21,20697,13,2,4,'oHolder000000000000000000001',NULL,NULL,0,0,1788228000,NULL);
CREATE TABLE failed_logins (
    who       TEXT    PRIMARY KEY,
    failures  INTEGER NOT NULL,
    failed_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE grants (
    account_id INTEGER NOT NULL,
    app_id     INTEGER NOT NULL,
    role       INTEGER NOT NULL,
    PRIMARY KEY (account_id, app_id)
) WITHOUT ROWID;
INSERT INTO "grants" VALUES(1,0,1);
CREATE TABLE login_links (
    digest     BLOB    PRIMARY KEY,
    account_id INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO "login_links" VALUES(X'74B0C55AAAB919F062D815D912D704DF2236BCA2BD2A125D5A19C717BC79D3F5',1,1789002000);
CREATE TABLE media (
    app_id     INTEGER NOT NULL,
    digest     BLOB    NOT NULL,
    kind       INTEGER NOT NULL,
    bytes      BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, digest)
);
CREATE TABLE member_counters (
    app_id    INTEGER NOT NULL,
    holder_no INTEGER NOT NULL,
    PRIMARY KEY (app_id)
) WITHOUT ROWID;
INSERT INTO "member_counters" VALUES(1,2);
CREATE TABLE member_firsts (
    app_id    INTEGER NOT NULL,
    card_no   INTEGER NOT NULL,
    holder_no INTEGER NOT NULL,
    claim_day INTEGER,
    begin_day INTEGER,
    PRIMARY KEY (app_id, card_no, holder_no)
) WITHOUT ROWID;
INSERT INTO "member_firsts" VALUES(1,1,0,20697,20697);
INSERT INTO "member_firsts" VALUES(1,1,1,20697,NULL);
CREATE TABLE member_holders (
    app_id    INTEGER NOT NULL,
    openid    TEXT    NOT NULL,
    holder_no INTEGER NOT NULL,
    PRIMARY KEY (app_id, openid)
) WITHOUT ROWID;
INSERT INTO "member_holders" VALUES(1,'oMember000000000000000000001',0);
INSERT INTO "member_holders" VALUES(1,'oMember000000000000000000002',1);
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
INSERT INTO "member_steps" VALUES(1,1,20697,0,1,1,0,NULL);
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
INSERT INTO "members" VALUES(1,1,'7001',1788228000,130,0,'金','','','');
INSERT INTO "members" VALUES(1,2,'',NULL,0,0,'','','','');
CREATE TABLE pools (
    app_id    INTEGER NOT NULL,
    card_no   INTEGER NOT NULL,
    deposited INTEGER NOT NULL,
    drawn     INTEGER NOT NULL,
    PRIMARY KEY (app_id, card_no)
) WITHOUT ROWID;
INSERT INTO "pools" VALUES(1,3,3,2);
CREATE TABLE push_marks (
    app_id    INTEGER PRIMARY KEY,
    since_seq INTEGER NOT NULL,
    next_seq  INTEGER NOT NULL,
    told      TEXT    NOT NULL,
    revision  INTEGER NOT NULL
);
CREATE TABLE records (
    app_id     INTEGER NOT NULL,
    kind       INTEGER NOT NULL,
    no         INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (app_id, kind, no, name)
) WITHOUT ROWID;
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
INSERT INTO "reports" VALUES(1,20697,1,1,1,1,5,3,1,1,0,0,0,0,0,0,0,0,0,0,0,0,0);
INSERT INTO "reports" VALUES(1,20697,2,1,0,0,2,2,1,1,0,0,0,0,1,1,1,1,2,0,0,0,0);
INSERT INTO "reports" VALUES(1,20697,3,1,0,0,2,2,1,1,0,0,0,0,1,1,1,1,2,0,0,0,0);
INSERT INTO "reports" VALUES(1,20697,3,2,1,1,3,2,1,1,0,0,0,0,0,0,0,0,0,0,0,0,0);
INSERT INTO "reports" VALUES(1,20697,3,3,0,0,2,2,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0);
INSERT INTO "reports" VALUES(1,20698,2,1,0,0,0,0,0,0,0,0,0,0,0,0,0,1,2,0,0,0,0);
INSERT INTO "reports" VALUES(1,20698,3,1,0,0,0,0,0,0,0,0,0,0,0,0,0,1,2,0,0,0,0);
CREATE TABLE sessions (
    digest     BLOB    PRIMARY KEY,
    account_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE stocks (
    app_id   INTEGER NOT NULL,
    card_no  INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    total    INTEGER NOT NULL,
    PRIMARY KEY (app_id, card_no)
) WITHOUT ROWID;
INSERT INTO "stocks" VALUES(1,1,98,100);
INSERT INTO "stocks" VALUES(1,2,97,100);
INSERT INTO "stocks" VALUES(1,3,1,3);
CREATE TABLE sweeps (
    app_id        INTEGER NOT NULL,
    card_no       INTEGER NOT NULL,
    settled       INTEGER NOT NULL,
    swept_through INTEGER NOT NULL,
    PRIMARY KEY (app_id, card_no)
) WITHOUT ROWID;
INSERT INTO "sweeps" VALUES(1,1,0,1788397200);
CREATE TABLE tokens (
    app_id     INTEGER NOT NULL,
    kind       INTEGER NOT NULL,
    serial     INTEGER NOT NULL,
    issued_at  INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    retired_at INTEGER,
    PRIMARY KEY (app_id, kind, serial)
) WITHOUT ROWID;
INSERT INTO "tokens" VALUES(1,1,2,1788397200,1788404400,NULL);
CREATE UNIQUE INDEX cards_card_id ON cards (app_id, card_id);
CREATE INDEX cards_created_at ON cards (app_id, created_at DESC, card_id, status);
CREATE UNIQUE INDEX custom_codes_place ON custom_codes (app_id, card_no, place) WHERE place IS NOT NULL;
CREATE INDEX records_expires_at ON records (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX deliveries_state ON deliveries (app_id, state, seq);
CREATE INDEX deliveries_changed_at ON deliveries (changed_at) WHERE state <> 1;
CREATE INDEX sessions_account ON sessions (account_id);
CREATE INDEX failed_logins_failed_at ON failed_logins (failed_at);
INSERT INTO "sqlite_sequence" VALUES('accounts',1);
COMMIT;
PRAGMA user_version = 4;
