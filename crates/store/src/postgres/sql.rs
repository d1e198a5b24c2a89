//! Every statement this engine can issue, by name. A statement about the rows of an app names the app first, so that it
//! goes to one place when the tables are spread over several machines; those that cannot are listed with their reasons.

use crate::row::{
    account_columns, app_columns, callback_columns, card_columns, code_columns, delivery_columns,
    event_columns, member_columns,
};

macro_rules! statements {
    ($($name:ident = [$($sql:expr),* $(,)?];)*) => {
        $(pub(super) const $name: &str = concat!($($sql),*);)*

        /// Every statement with its name.
        pub(super) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name),)*];
    };
}

macro_rules! code_arrays {
    ($first:literal) => {
        concat!(
            "unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], ",
            "$9::bigint[], $10::bigint[], $11::bigint[], $12::text[], $13::bigint[], $14::text[], $15::bigint[], ",
            "$16::text[]) ",
            $first
        )
    };
}

/// The numbers of a report, in the order of `Counts::NAMES`.
macro_rules! counts {
    () => {
        "view_cnt, view_user, receive_cnt, receive_user, verify_cnt, verify_user, given_cnt, given_user, expire_cnt, \
         expire_user, active_cnt, active_user, new_user, total_user, total_receive_user, fee, original_fee, \
         return_cnt, return_user"
    };
}

#[cfg(test)]
pub(super) const COUNTS: &str = counts!();

statements! {
    // Apps and tokens.
    LOCK_APPS = ["LOCK TABLE apps IN SHARE ROW EXCLUSIVE MODE"];
    NEXT_APP = ["SELECT coalesce(max(app_id), 0) + 1 FROM apps"];
    INSERT_APP = ["INSERT INTO apps (app_id, appid, name, review, gift_timeout_secs, return_window_secs, \
        secret_digest, code_key, token_key, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"];
    INSERT_COUNTERS = ["INSERT INTO counters (app_id, card_no, code_seq, event_seq, latest) VALUES ($1, $2, $3, $4, $5)"];
    APPS = ["SELECT ", app_columns!(), " FROM apps ORDER BY app_id"];
    APP = ["SELECT ", app_columns!(), " FROM apps WHERE app_id = $1"];
    APP_BY_APPID = ["SELECT ", app_columns!(), " FROM apps WHERE appid = $1"];
    SET_SECRET = ["UPDATE apps SET secret_digest = $2 WHERE app_id = $1"];
    SET_APP = ["UPDATE apps SET review = $2, gift_timeout_secs = $3, return_window_secs = $4 WHERE app_id = $1"];
    TOKENS = ["SELECT serial, issued_at, expires_at, retired_at FROM tokens WHERE app_id = $1 AND kind = $2 \
        ORDER BY serial DESC"];
    LAST_TOKEN = ["SELECT max(serial) FROM tokens WHERE app_id = $1 AND kind = $2"];
    RETIRE_TOKENS = ["UPDATE tokens SET retired_at = $3 WHERE app_id = $1 AND kind = $2 \
        AND (retired_at IS NULL OR retired_at > $3)"];
    DROP_TOKENS = ["DELETE FROM tokens WHERE app_id = $1 AND kind = $2 \
        AND least(expires_at, coalesce(retired_at, expires_at)) < $3"];
    INSERT_TOKEN = ["INSERT INTO tokens (app_id, kind, serial, issued_at, expires_at) VALUES ($1, $2, $3, $4, $5)"];
    LOCK_APP = ["SELECT app_id FROM apps WHERE app_id = $1 FOR UPDATE"];

    // What a batch locks and loads, in this order; the app's own row comes last. Rows with keys of several columns are
    // looked up one by one, in the order of the keys; OFFSET 0 keeps the planner from doing it the other way round while
    // a table is new and it knows nothing of it, and so does ANY beside a join.
    LOCK_STOCKS = ["SELECT card_no, quantity, total, revision FROM stocks WHERE app_id = $1 AND card_no = ANY($2) \
        ORDER BY card_no FOR UPDATE"];
    LOCK_CODES = ["SELECT ", code_columns!(), " FROM codes WHERE app_id = $1 AND seq = ANY($2) ORDER BY seq FOR UPDATE"];
    LOCK_CUSTOM_CODES = ["SELECT c.card_no, c.code, c.kind, c.seq, c.place FROM unnest($2::bigint[], $3::text[]) \
        k (card_no, code) CROSS JOIN LATERAL (SELECT * FROM custom_codes WHERE custom_codes.app_id = $1 \
        AND custom_codes.card_no = k.card_no AND custom_codes.code = k.code OFFSET 0 FOR UPDATE) c"];
    LOCK_POOLS = ["SELECT card_no, deposited, drawn FROM pools WHERE app_id = $1 AND card_no = ANY($2) ORDER BY card_no \
        FOR UPDATE"];
    LOCK_MEMBERS = ["SELECT ", member_columns!(), " FROM members WHERE app_id = $1 AND code_seq = ANY($2) \
        ORDER BY code_seq FOR UPDATE"];
    LOCK_RECORDS = ["SELECT r.kind, r.no, r.name, r.body, r.expires_at FROM unnest($2::bigint[], $3::bigint[], $4::text[]) \
        k (kind, no, name) CROSS JOIN LATERAL (SELECT * FROM records WHERE records.app_id = $1 AND records.kind = k.kind \
        AND records.no = k.no AND records.name = k.name OFFSET 0 FOR UPDATE) r"];
    LOCK_COUNTERS = ["SELECT a.app_id, a.review, a.gift_timeout_secs, a.return_window_secs, c.card_no, c.code_seq, \
        c.event_seq, c.latest FROM counters c JOIN apps a ON a.app_id = c.app_id WHERE c.app_id = $1 FOR UPDATE OF c"];
    // Everything a batch does goes by keys. Plans that read whole tables only look good while there are no statistics yet.
    SET_UP = ["SELECT set_config('lock_timeout', $1, false), \
        set_config('idle_in_transaction_session_timeout', $2, false), set_config('enable_seqscan', 'off', false), \
        set_config('enable_hashjoin', 'off', false), set_config('enable_mergejoin', 'off', false)"];

    // What everybody reads.
    COUNTERS = ["SELECT a.app_id, a.review, a.gift_timeout_secs, a.return_window_secs, c.card_no, c.code_seq, c.event_seq, \
        c.latest FROM counters c JOIN apps a ON a.app_id = c.app_id WHERE c.app_id = $1"];
    LOG_ENDS = ["SELECT app_id, event_seq FROM counters"];
    LOG_END = ["SELECT event_seq FROM counters WHERE app_id = $1"];
    CARD_NOS = ["SELECT card_no, card_id FROM cards WHERE app_id = $1 AND card_id = ANY($2)"];
    CARDS_BY_NO = ["SELECT ", card_columns!(), ", revision FROM cards JOIN stocks USING (app_id, card_no) \
        WHERE app_id = $1 AND card_no = ANY($2)"];
    CARDS = ["SELECT ", card_columns!(), ", revision FROM cards JOIN stocks USING (app_id, card_no) WHERE app_id = $1 \
        ORDER BY card_no"];
    COUNT_CARDS = ["SELECT count(*) FROM cards WHERE app_id = $1 AND status = ANY($2)"];
    CARDS_PAGE = ["SELECT card_id FROM cards WHERE app_id = $1 AND status = ANY($2) ORDER BY created_at DESC, card_id \
        LIMIT $3 OFFSET $4"];
    CODES = ["SELECT ", code_columns!(), " FROM codes WHERE app_id = $1 AND seq = ANY($2) ORDER BY seq"];
    CODES_OF_HOLDER = ["SELECT ", code_columns!(), " FROM codes WHERE app_id = $1 AND openid = $2 \
        AND ($3::bigint IS NULL OR card_no = $3) ORDER BY seq"];
    CODES_OF_CARD = ["SELECT ", code_columns!(), " FROM codes WHERE app_id = $1 AND card_no = $2 AND seq >= $3 \
        ORDER BY seq LIMIT $4"];
    HELD = ["SELECT k.card_no, k.openid, c.seq, c.origin, c.state FROM unnest($2::text[], $3::bigint[]) k (openid, card_no) \
        CROSS JOIN LATERAL (SELECT seq, origin, state FROM codes WHERE codes.app_id = $1 AND codes.openid = k.openid \
        AND codes.card_no = k.card_no OFFSET 0) c ORDER BY c.seq"];
    CUSTOM_CODES = ["SELECT c.card_no, c.code, c.kind, c.seq, c.place FROM unnest($2::bigint[], $3::text[]) k (card_no, code) \
        CROSS JOIN LATERAL (SELECT * FROM custom_codes WHERE custom_codes.app_id = $1 \
        AND custom_codes.card_no = k.card_no AND custom_codes.code = k.code OFFSET 0) c"];
    POOLS = ["SELECT card_no, deposited, drawn FROM pools WHERE app_id = $1 AND card_no = ANY($2)"];
    WAITING_CODES = ["SELECT code, place FROM custom_codes WHERE app_id = $1 AND card_no = $2 \
        AND place >= greatest($3, coalesce((SELECT drawn FROM pools WHERE app_id = $1 AND card_no = $2), 0)) \
        ORDER BY place LIMIT $4"];
    MEMBERS = ["SELECT ", member_columns!(), " FROM members WHERE app_id = $1 AND code_seq = ANY($2)"];
    RECORDS = ["SELECT r.kind, r.no, r.name, r.body, r.expires_at FROM unnest($2::bigint[], $3::bigint[], $4::text[]) \
        k (kind, no, name) CROSS JOIN LATERAL (SELECT * FROM records WHERE records.app_id = $1 AND records.kind = k.kind \
        AND records.no = k.no AND records.name = k.name OFFSET 0) r"];
    RECORDS_OF_KIND = ["SELECT no, name, body, expires_at FROM records WHERE app_id = $1 AND kind = $2 ORDER BY no, name"];
    RECORDS_BEFORE = ["SELECT no, name, body, expires_at FROM records WHERE app_id = $1 AND kind = $2 AND no < $3 \
        ORDER BY no DESC, name DESC LIMIT $4"];
    DROP_RECORDS = ["DELETE FROM records WHERE app_id = $1 AND (kind, no, name) IN (SELECT kind, no, name FROM records \
        WHERE app_id = $1 AND expires_at <= $2 ORDER BY expires_at LIMIT $3 FOR UPDATE SKIP LOCKED)"];
    MEDIA = ["SELECT kind, bytes, created_at FROM media WHERE app_id = $1 AND digest = $2"];
    INSERT_MEDIA = ["INSERT INTO media (app_id, digest, kind, bytes, created_at) VALUES ($1, $2, $3, $4, $5) \
        ON CONFLICT (app_id, digest) DO NOTHING"];

    // What a batch writes. A row known to be absent is inserted and nothing else: should another node have been
    // quicker, the batch is done again.
    INSERT_CARDS = ["INSERT INTO cards (app_id, card_no, card_id, card_type, source, status, refuse_reason, created_at, \
        updated_at, section) SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::bigint[], \
        $6::bigint[], $7::text[], $8::bigint[], $9::bigint[], $10::text[])"];
    INSERT_STOCKS = ["INSERT INTO stocks (app_id, card_no, quantity, total, revision) SELECT $1, n.*, 1 \
        FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) n"];
    UPDATE_STOCKS = ["UPDATE stocks SET quantity = n.quantity, total = n.total, \
        revision = stocks.revision + n.step FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) \
        n (card_no, quantity, total, step) \
        WHERE stocks.app_id = $1 AND stocks.card_no = n.card_no AND stocks.card_no = ANY($2)"];
    UPDATE_CARDS = ["UPDATE cards SET status = n.status, refuse_reason = n.refuse_reason, updated_at = n.updated_at, \
        section = n.section FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::text[]) \
        n (card_no, status, refuse_reason, updated_at, section) WHERE cards.app_id = $1 AND cards.card_no = n.card_no \
        AND cards.card_no = ANY($2)"];
    INSERT_CODES = ["INSERT INTO codes (app_id, ", code_columns!(), ") SELECT $1, * FROM ", code_arrays!("n")];
    UPDATE_CODES = ["UPDATE codes SET card_no = n.card_no, openid = n.openid, custom = n.custom, state = n.state, \
        origin = n.origin, claimed_at = n.claimed_at, window_at = n.window_at, own_begin = n.own_begin, \
        own_end = n.own_end, outer_str = n.outer_str, changed_at = n.changed_at, gift_to = n.gift_to, \
        expired_at = n.expired_at, marked_for = n.marked_for FROM ", code_arrays!("n"), " (", code_columns!(), ") \
        WHERE codes.app_id = $1 AND codes.seq = n.seq AND codes.seq = ANY($2)"];
    INSERT_CUSTOM_CODES = ["INSERT INTO custom_codes (app_id, card_no, code, kind, seq, place) SELECT $1, * \
        FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[])"];
    UPDATE_CUSTOM_CODES = ["UPDATE custom_codes SET kind = n.kind, seq = n.seq FROM unnest($2::bigint[], $3::text[], \
        $4::bigint[], $5::bigint[]) n (card_no, code, kind, seq) WHERE custom_codes.app_id = $1 \
        AND custom_codes.card_no = n.card_no AND custom_codes.code = n.code AND custom_codes.card_no = ANY($2) \
        AND custom_codes.code = ANY($3)"];
    INSERT_POOLS = ["INSERT INTO pools (app_id, card_no, deposited, drawn) SELECT $1, * \
        FROM unnest($2::bigint[], $3::bigint[], $4::bigint[])"];
    UPDATE_POOLS = ["UPDATE pools SET deposited = n.deposited, drawn = n.drawn FROM unnest($2::bigint[], $3::bigint[], \
        $4::bigint[]) n (card_no, deposited, drawn) WHERE pools.app_id = $1 AND pools.card_no = n.card_no"];
    PUT_MEMBERS = ["INSERT INTO members (app_id, ", member_columns!(), ") SELECT $1, * FROM unnest($2::bigint[], \
        $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::text[]) \
        ON CONFLICT (app_id, code_seq) DO UPDATE SET membership_number = excluded.membership_number, \
        active_at = excluded.active_at, bonus = excluded.bonus, balance = excluded.balance, \
        custom_field1 = excluded.custom_field1, custom_field2 = excluded.custom_field2, \
        custom_field3 = excluded.custom_field3, background_pic_url = excluded.background_pic_url"];
    INSERT_RECORDS = ["INSERT INTO records (app_id, kind, no, name, body, expires_at) SELECT $1, * \
        FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[])"];
    UPDATE_RECORDS = ["UPDATE records SET body = n.body, expires_at = n.expires_at FROM unnest($2::bigint[], \
        $3::bigint[], $4::text[], $5::text[], $6::bigint[]) n (kind, no, name, body, expires_at) \
        WHERE records.app_id = $1 AND records.kind = n.kind AND records.no = n.no AND records.name = n.name \
        AND records.kind = ANY($2) AND records.no = ANY($3) AND records.name = ANY($4)"];
    REMOVE_RECORDS = ["DELETE FROM records USING unnest($2::bigint[], $3::bigint[], $4::text[]) n (kind, no, name) \
        WHERE records.app_id = $1 AND records.kind = n.kind AND records.no = n.no AND records.name = n.name"];
    INSERT_EVENTS = ["INSERT INTO events (app_id, day, ", event_columns!(), ") SELECT $1, * FROM unnest($2::bigint[], \
        $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[], $9::text[], $10::bigint[], \
        $11::bigint[], $12::bigint[], $13::text[])"];
    ADD_EVENT_DAYS = ["INSERT INTO event_days (app_id, day, first_seq, last_seq, events) SELECT $1, * \
        FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) ON CONFLICT (app_id, day) \
        DO UPDATE SET last_seq = excluded.last_seq, events = event_days.events + excluded.events"];
    SET_COUNTERS = ["UPDATE counters SET card_no = $2, code_seq = $3, event_seq = $4, latest = $5 WHERE app_id = $1"];
    NOTE_BATCH = ["INSERT INTO lanes (app_id, lane, batch, changed_at) \
        VALUES ($1, $2, $3, extract(epoch FROM now())::bigint) ON CONFLICT (app_id, lane) \
        DO UPDATE SET batch = excluded.batch, changed_at = excluded.changed_at"];
    FIND_BATCH = ["UPDATE lanes SET changed_at = extract(epoch FROM now())::bigint WHERE app_id = $1 AND lane = $2 \
        RETURNING batch"];
    DROP_LANES = ["DELETE FROM lanes WHERE app_id = $1 AND changed_at < extract(epoch FROM now())::bigint - 86400"];

    // The log, and what is derived from it.
    EVENTS_FROM = ["SELECT ", event_columns!(), " FROM events WHERE app_id = $1 AND seq >= $2 ORDER BY seq LIMIT $3"];
    EVENT = ["SELECT ", event_columns!(), " FROM events WHERE app_id = $1 AND seq = $2"];
    EVENTS = ["SELECT ", event_columns!(), " FROM events WHERE app_id = $1 AND seq = ANY($2)"];
    EVENT_DAYS = ["SELECT day, first_seq, last_seq, events FROM event_days WHERE app_id = $1 ORDER BY day"];
    SCAN_EVENTS = ["SELECT seq, kind, card_no, code_seq, openid, friend, other_code, amount, amount2 FROM events \
        WHERE app_id = $1 AND seq BETWEEN $2 AND $3 AND day = $4 ORDER BY seq"];
    FIND_EVENTS = ["SELECT ", event_columns!(), " FROM events WHERE app_id = $1 AND seq >= $2 AND seq < $3 \
        AND ($4::bigint[] IS NULL OR kind = ANY($4)) AND ($5::bigint IS NULL OR card_no = $5) \
        AND ($6::bigint IS NULL OR code_seq = $6 OR other_code = $6) \
        AND ($7::text IS NULL OR openid = $7 OR friend = $7) AND ($8::bigint IS NULL OR at >= $8) \
        AND ($9::bigint IS NULL OR at <= $9) ORDER BY seq DESC LIMIT $10"];
    CLOSED_THROUGH = ["SELECT max(day) FROM closed_days WHERE app_id = $1"];
    STALE_DAYS = ["SELECT day FROM closed_days JOIN event_days USING (app_id, day) WHERE app_id = $1 \
        AND closed_days.events < event_days.events AND NOT EXISTS (SELECT 1 FROM detached_months \
        WHERE closed_days.day >= first_day AND closed_days.day < end_day) ORDER BY day"];
    DROP_REPORT = ["DELETE FROM reports WHERE app_id = $1 AND day = $2"];
    INSERT_REPORT = ["INSERT INTO reports (app_id, day, scope_kind, scope_no, ", counts!(), ") SELECT $1, $2, * \
        FROM unnest($3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], \
        $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[], \
        $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[], $22::bigint[], $23::bigint[])"];
    CLOSE_DAY = ["INSERT INTO closed_days (app_id, day, events) VALUES ($1, $2, $3) \
        ON CONFLICT (app_id, day) DO UPDATE SET events = excluded.events"];
    DAY_ROWS = ["SELECT r.day, r.scope_kind, r.scope_no, ", counts!(), " FROM closed_days c JOIN reports r \
        ON r.app_id = c.app_id AND r.day = c.day WHERE c.app_id = $1 AND r.app_id = $1 AND c.day BETWEEN $2 AND $3 \
        AND r.scope_kind = $4 AND ($5::bigint IS NULL OR r.scope_no = $5) ORDER BY r.day, r.scope_no"];
    SWEEPS = ["SELECT card_no, settled, swept_through FROM sweeps WHERE app_id = $1 ORDER BY card_no"];
    SAVE_SWEEP = ["INSERT INTO sweeps (app_id, card_no, settled, swept_through) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (app_id, card_no) DO UPDATE SET settled = excluded.settled, swept_through = excluded.swept_through"];
    NEXT_HOLDER = ["INSERT INTO member_counters (app_id, holder_no) VALUES ($1, 0) ON CONFLICT (app_id) \
        DO UPDATE SET holder_no = member_counters.holder_no RETURNING holder_no"];
    SET_NEXT_HOLDER = ["UPDATE member_counters SET holder_no = $2 WHERE app_id = $1"];
    MEMBER_HOLDERS = ["SELECT openid, holder_no FROM member_holders WHERE app_id = $1 AND openid = ANY($2)"];
    INSERT_HOLDERS = ["INSERT INTO member_holders (app_id, openid, holder_no) SELECT $1, * \
        FROM unnest($2::text[], $3::bigint[])"];
    PUT_STEPS = ["INSERT INTO member_steps (app_id, code_seq, day, place, kind, card_no, holder_no, other_code) \
        SELECT $1, n.code_seq, $2, n.place, n.kind, n.card_no, n.holder_no, n.other_code FROM unnest($3::bigint[], \
        $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[]) \
        n (code_seq, place, kind, card_no, holder_no, other_code) ON CONFLICT (app_id, code_seq, day, place) \
        DO UPDATE SET kind = excluded.kind, card_no = excluded.card_no, holder_no = excluded.holder_no, \
        other_code = excluded.other_code"];
    PUT_FIRSTS = ["INSERT INTO member_firsts (app_id, card_no, holder_no, claim_day, begin_day) SELECT $1, * \
        FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) ON CONFLICT (app_id, card_no, holder_no) \
        DO UPDATE SET claim_day = least(member_firsts.claim_day, excluded.claim_day), \
        begin_day = least(member_firsts.begin_day, excluded.begin_day)"];
    FIRSTS = ["SELECT card_no, holder_no, claim_day, begin_day FROM member_firsts WHERE app_id = $1"];
    STEPS = ["SELECT code_seq, card_no, kind, holder_no, other_code FROM member_steps WHERE app_id = $1 AND day <= $2 \
        ORDER BY code_seq, day, place"];
    CARD_SOURCES = ["SELECT card_no, source FROM cards WHERE app_id = $1"];

    // Event push.
    CALLBACKS = ["SELECT ", callback_columns!(), " FROM callbacks ORDER BY app_id"];
    CALLBACK = ["SELECT ", callback_columns!(), " FROM callbacks WHERE app_id = $1"];
    LOCK_CALLBACK = ["SELECT app_id FROM callbacks WHERE app_id = $1 FOR UPDATE"];
    PUT_CALLBACK = ["INSERT INTO callbacks (", callback_columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
        ON CONFLICT (app_id) DO UPDATE SET url = excluded.url, token = excluded.token, aes_key = excluded.aes_key, \
        mode = excluded.mode, secret = excluded.secret, policy = excluded.policy, original_id = excluded.original_id, \
        changed_at = excluded.changed_at"];
    BEGIN_MARK = ["INSERT INTO push_marks (app_id, since_seq, next_seq, told, revision) \
        SELECT app_id, event_seq, event_seq, '', 0 FROM counters WHERE app_id = $1 ON CONFLICT (app_id) DO UPDATE \
        SET since_seq = excluded.since_seq, next_seq = excluded.next_seq, told = excluded.told"];
    REMOVE_CALLBACK = ["DELETE FROM callbacks WHERE app_id = $1"];
    PARK = ["UPDATE deliveries SET state = $2 WHERE app_id = $1 AND state = $3"];
    REVISE = ["UPDATE push_marks SET revision = revision + 1 WHERE app_id = $1"];
    PUSH_MARK = ["SELECT since_seq, next_seq, told, revision FROM push_marks WHERE app_id = $1"];
    SAVE_MARK = ["UPDATE push_marks SET next_seq = $2, told = $3 WHERE app_id = $1 AND next_seq <= $2"];
    PUT_DELIVERIES = ["INSERT INTO deliveries (app_id, ", delivery_columns!(), ") SELECT $1, * FROM unnest($2::bigint[], \
        $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[]) ON CONFLICT (app_id, seq) \
        DO UPDATE SET state = excluded.state, tries = excluded.tries, due_at = excluded.due_at, \
        told_at = excluded.told_at, changed_at = excluded.changed_at"];
    PUT_ATTEMPTS = ["INSERT INTO attempts (app_id, seq, at, no, status, millis, outcome, answer) SELECT $1, * \
        FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::text[]) \
        ON CONFLICT (app_id, seq, at, no) DO UPDATE SET status = excluded.status, millis = excluded.millis, \
        outcome = excluded.outcome, answer = excluded.answer"];
    OPEN_DELIVERIES = ["SELECT ", delivery_columns!(), " FROM deliveries WHERE app_id = $1 AND (state = $2 OR seq >= $3) \
        ORDER BY seq"];
    DELIVERIES = ["SELECT ", delivery_columns!(), " FROM deliveries WHERE app_id = $1 AND seq = ANY($2) ORDER BY seq"];
    DELIVERIES_IN = ["SELECT ", delivery_columns!(), " FROM deliveries WHERE app_id = $1 AND state = $2 AND seq < $3 \
        ORDER BY seq DESC LIMIT $4"];
    ATTEMPTS = ["SELECT seq, at, no, status, millis, outcome, answer FROM attempts WHERE app_id = $1 AND seq = $2 \
        ORDER BY at, no"];
    PUSH_AGAIN = ["INSERT INTO deliveries (app_id, seq, state, tries, due_at, told_at, changed_at) \
        SELECT e.app_id, e.seq, $3, 0, $4, e.at, $4 FROM events e JOIN push_marks m ON m.app_id = e.app_id \
        WHERE e.app_id = $1 AND m.app_id = $1 AND e.seq = ANY($2) AND e.seq < m.next_seq ON CONFLICT (app_id, seq) \
        DO UPDATE SET state = excluded.state, tries = 0, due_at = excluded.due_at, changed_at = excluded.changed_at"];
    SETTLED_DELIVERIES = ["SELECT seq FROM deliveries WHERE app_id = $1 AND state <> 1 AND changed_at < $2 \
        ORDER BY changed_at, seq LIMIT $3 FOR UPDATE SKIP LOCKED"];
    DROP_ATTEMPTS = ["DELETE FROM attempts WHERE app_id = $1 AND seq = ANY($2)"];
    DROP_DELIVERIES = ["DELETE FROM deliveries WHERE app_id = $1 AND seq = ANY($2)"];

    // The console: accounts are of no app.
    ACCOUNTS = ["SELECT ", account_columns!(), " FROM accounts ORDER BY account_id"];
    GRANTS = ["SELECT account_id, app_id, role FROM grants WHERE $1::bigint IS NULL OR account_id = $1 \
        ORDER BY account_id, app_id"];
    ACCOUNT = ["SELECT ", account_columns!(), " FROM accounts WHERE account_id = $1"];
    ACCOUNT_BY_NAME = ["SELECT ", account_columns!(), " FROM accounts WHERE name_key = $1"];
    INSERT_ACCOUNT = ["INSERT INTO accounts (name, name_key, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING \
        RETURNING ", account_columns!()];
    SET_PASSWORD = ["UPDATE accounts SET password = $2 WHERE account_id = $1"];
    SET_DISABLED = ["UPDATE accounts SET disabled_at = $2 WHERE account_id = $1"];
    LOCK_GRANTS = ["LOCK TABLE grants, accounts IN SHARE ROW EXCLUSIVE MODE"];
    DROP_GRANTS = ["DELETE FROM grants WHERE account_id = $1"];
    INSERT_GRANT = ["INSERT INTO grants (account_id, app_id, role) VALUES ($1, $2, $3) \
        ON CONFLICT (account_id, app_id) DO UPDATE SET role = excluded.role"];
    IS_OWNED = ["SELECT EXISTS (SELECT 1 FROM grants JOIN accounts USING (account_id) WHERE app_id = 0 AND role = $1 \
        AND disabled_at IS NULL)"];
    INSERT_SESSION = ["INSERT INTO sessions (digest, account_id, created_at, used_at, expires_at) \
        VALUES ($1, $2, $3, $4, $5)"];
    SESSION = ["SELECT digest, account_id, created_at, used_at, expires_at FROM sessions WHERE digest = $1"];
    TOUCH_SESSION = ["UPDATE sessions SET used_at = $2, expires_at = $3 WHERE digest = $1"];
    DROP_SESSION = ["DELETE FROM sessions WHERE digest = $1"];
    DROP_SESSIONS = ["DELETE FROM sessions WHERE account_id = $1 AND ($2::bytea IS NULL OR digest <> $2)"];
    DROP_OLD_SESSIONS = ["DELETE FROM sessions WHERE expires_at <= $1"];
    DROP_LINKS = ["DELETE FROM login_links WHERE account_id = $1"];
    INSERT_LINK = ["INSERT INTO login_links (digest, account_id, expires_at) VALUES ($1, $2, $3)"];
    LINK = ["SELECT digest, account_id, expires_at FROM login_links WHERE digest = $1"];
    TAKE_LINK = ["DELETE FROM login_links WHERE digest = $1 AND expires_at > $2 RETURNING account_id"];
    DROP_OLD_LINKS = ["DELETE FROM login_links WHERE expires_at <= $1"];
    INSERT_KNOWN_BROWSER = ["INSERT INTO known_browsers (digest, account_id, created_at, expires_at) \
        VALUES ($1, $2, $3, $4)"];
    KNOWN_BROWSER = ["SELECT digest, account_id, created_at, expires_at FROM known_browsers WHERE digest = $1"];
    DROP_OLDEST_BROWSERS = ["DELETE FROM known_browsers WHERE account_id = $1 AND digest NOT IN (SELECT digest \
        FROM known_browsers WHERE account_id = $1 ORDER BY created_at DESC, digest DESC LIMIT $2)"];
    DROP_BROWSERS = ["DELETE FROM known_browsers WHERE account_id = $1"];
    DROP_OLD_BROWSERS = ["DELETE FROM known_browsers WHERE expires_at <= $1"];
    LOGIN_ATTEMPTS = ["SELECT who, failures, failed_at, free_at FROM failed_logins WHERE who = ANY($1)"];
    LOCK_LOGIN_ATTEMPTS = ["INSERT INTO failed_logins (who, failures, failed_at, free_at) SELECT who, 0, 0, 0 \
        FROM unnest($1::text[]) who ORDER BY who ON CONFLICT (who) DO UPDATE SET failures = failed_logins.failures \
        RETURNING who, failures, failed_at, free_at"];
    PUT_LOGIN_ATTEMPTS = ["UPDATE failed_logins SET failures = n.failures, failed_at = $2, free_at = n.free_at \
        FROM unnest($1::text[], $3::bigint[], $4::bigint[]) n (who, failures, free_at) WHERE failed_logins.who = n.who"];
    CLEAR_LOGIN_ATTEMPTS = ["DELETE FROM failed_logins WHERE who = ANY($1)"];
    RETURN_LOGIN_ATTEMPTS = ["UPDATE failed_logins SET failures = greatest(failures - 1, 0) WHERE who = ANY($1)"];
    DROP_LOGIN_ATTEMPTS = ["DELETE FROM failed_logins WHERE failed_at <= $1"];

    // Nodes among each other.
    TRY_LOCK = ["SELECT pg_try_advisory_lock(hashtextextended($1, 0))"];
    UNLOCK = ["SELECT pg_advisory_unlock(hashtextextended($1, 0))"];
    WAIT_LOCK = ["SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"];
    NOTIFY = ["SELECT pg_notify($1, payload) FROM unnest($2::text[]) payload"];
    SCHEMA = ["SELECT current_schema()"];
    ENCODING = ["SELECT current_setting('server_encoding')"];
    CHECK = ["UPDATE apps SET created_at = created_at WHERE app_id = -1"];

    // Months of the log.
    MONTHS = ["SELECT relid::regclass::text, pg_get_expr(relpartbound, c.oid) FROM pg_partition_tree('events') \
        JOIN pg_class c ON c.oid = relid WHERE isleaf ORDER BY 1"];
    DETACHED_MONTHS = ["SELECT first_day, end_day, table_name FROM detached_months ORDER BY first_day"];
    TABLE_EXISTS = ["SELECT count(*) FROM pg_class WHERE oid = to_regclass($1)"];
    NOTE_DETACHED = ["INSERT INTO detached_months (first_day, end_day, table_name, detached_at) \
        VALUES ($1, $2, $3, extract(epoch FROM now())::bigint)"];
    UNCLOSED_IN_MONTH = ["SELECT e.app_id, e.day FROM event_days e LEFT JOIN closed_days c ON c.app_id = e.app_id \
        AND c.day = e.day WHERE e.day >= $1 AND e.day < $2 AND (c.events IS NULL OR c.events < e.events) LIMIT 1"];
    UNPUSHED_IN_MONTH = ["SELECT m.app_id FROM push_marks m JOIN callbacks k ON k.app_id = m.app_id \
        WHERE EXISTS (SELECT 1 FROM event_days e WHERE e.app_id = m.app_id AND e.day >= $1 AND e.day < $2 \
        AND e.last_seq >= m.next_seq) OR EXISTS (SELECT 1 FROM deliveries d JOIN events v ON v.app_id = d.app_id \
        AND v.seq = d.seq WHERE d.app_id = m.app_id AND d.state = 1 AND v.day >= $1 AND v.day < $2) LIMIT 1"];
}
