//! The statements that only this engine has: for batches, nodes and months. A statement about the rows of an app
//! names the app first, so that one machine can run it when the tables are distributed. A test has the list of the
//! exceptions, with their reasons.

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

statements! {
    // A batch locks and loads rows in this order; the app's own row comes last. Rows with keys of several columns are
    // looked up one by one, in the order of the keys. Without statistics the planner would choose another order.
    // `OFFSET 0` prevents that, and so does `ANY` in a join.
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
    // A batch finds all rows by key. Without statistics, the planner prefers plans that read whole tables.
    SET_UP = ["SELECT set_config('lock_timeout', $1, false), \
        set_config('idle_in_transaction_session_timeout', $2, false), set_config('enable_seqscan', 'off', false), \
        set_config('enable_hashjoin', 'off', false), set_config('enable_mergejoin', 'off', false)"];

    // Loads without locks.
    LOG_ENDS = ["SELECT app_id, event_seq, code_seq FROM counters"];
    CARD_NOS = ["SELECT card_no, card_id FROM cards WHERE app_id = $1 AND card_id = ANY($2)"];
    CARDS_BY_NO = ["SELECT ", card_columns!(), ", revision FROM cards JOIN stocks USING (app_id, card_no) \
        WHERE app_id = $1 AND card_no = ANY($2)"];
    CODES = ["SELECT ", code_columns!(), " FROM codes WHERE app_id = $1 AND seq = ANY($2) ORDER BY seq"];
    CODES_OF_HOLDER = ["SELECT ", code_columns!(), " FROM codes WHERE app_id = $1 AND openid = $2 \
        AND ($3::bigint IS NULL OR card_no = $3) AND seq >= $4 ORDER BY seq LIMIT $5"];
    CODES_OF_CARD = ["SELECT ", code_columns!(), " FROM codes WHERE app_id = $1 AND card_no = $2 AND seq >= $3 \
        ORDER BY seq LIMIT $4"];
    HELD = ["SELECT k.card_no, k.openid, c.seq, c.origin, c.state FROM unnest($2::text[], $3::bigint[]) k (openid, card_no) \
        CROSS JOIN LATERAL (SELECT seq, origin, state FROM codes WHERE codes.app_id = $1 AND codes.openid = k.openid \
        AND codes.card_no = k.card_no OFFSET 0) c ORDER BY c.seq"];
    CLAIMS = ["SELECT k.card_no, k.openid, c.claims FROM unnest($2::text[], $3::bigint[], $4::bigint[]) k (openid, card_no, next) \
        CROSS JOIN LATERAL (SELECT count(*) AS claims FROM codes WHERE codes.app_id = $1 AND codes.openid = k.openid \
        AND codes.card_no = k.card_no AND codes.seq >= k.next AND codes.origin = $5) c"];
    CUSTOM_CODES = ["SELECT c.card_no, c.code, c.kind, c.seq, c.place FROM unnest($2::bigint[], $3::text[]) k (card_no, code) \
        CROSS JOIN LATERAL (SELECT * FROM custom_codes WHERE custom_codes.app_id = $1 \
        AND custom_codes.card_no = k.card_no AND custom_codes.code = k.code OFFSET 0) c"];
    POOLS = ["SELECT card_no, deposited, drawn FROM pools WHERE app_id = $1 AND card_no = ANY($2)"];
    MEMBERS = ["SELECT ", member_columns!(), " FROM members WHERE app_id = $1 AND code_seq = ANY($2)"];
    RECORDS = ["SELECT r.kind, r.no, r.name, r.body, r.expires_at FROM unnest($2::bigint[], $3::bigint[], $4::text[]) \
        k (kind, no, name) CROSS JOIN LATERAL (SELECT * FROM records WHERE records.app_id = $1 AND records.kind = k.kind \
        AND records.no = k.no AND records.name = k.name OFFSET 0) r"];

    // The writes of a batch. A row that was recorded as absent is inserted without `ON CONFLICT`. If another node
    // inserted the row first, the batch is repeated.
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
    SET_CARD_LIST_VERSION = ["INSERT INTO records (app_id, kind, no, name, body) VALUES ($1, $2, 0, '', $3) \
        ON CONFLICT (app_id, kind, no, name) DO UPDATE SET body = excluded.body"];
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
        $11::bigint[], $12::bigint[], $13::text[], $14::bigint[], $15::text[])"];
    ADD_EVENT_DAYS = ["INSERT INTO event_days (app_id, day, first_seq, last_seq, events) SELECT $1, * \
        FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) ON CONFLICT (app_id, day) \
        DO UPDATE SET last_seq = excluded.last_seq, events = event_days.events + excluded.events"];
    SET_COUNTERS = ["UPDATE counters SET card_no = $2, code_seq = $3, event_seq = $4, latest = $5 WHERE app_id = $1"];
    // The table `lanes` has a row for each writer and app, with the writer's last batch.
    RECORD_BATCH = ["INSERT INTO lanes (app_id, lane, batch, changed_at) \
        VALUES ($1, $2, $3, extract(epoch FROM now())::bigint) ON CONFLICT (app_id, lane) \
        DO UPDATE SET batch = excluded.batch, changed_at = excluded.changed_at"];
    TOUCH_BATCH = ["UPDATE lanes SET changed_at = extract(epoch FROM now())::bigint WHERE app_id = $1 AND lane = $2 \
        RETURNING batch"];
    DROP_WRITERS = ["DELETE FROM lanes WHERE app_id = $1 AND changed_at < extract(epoch FROM now())::bigint - 86400"];

    // The log.
    SCAN_EVENTS = ["SELECT seq, kind, card_no, code_seq, openid, friend, other_code, amount, amount2, location_id \
        FROM events WHERE app_id = $1 AND seq BETWEEN $2 AND $3 AND day = $4 ORDER BY seq"];

    // Coordination of nodes.
    TRY_LOCK = ["SELECT pg_try_advisory_lock(hashtextextended($1, 0))"];
    UNLOCK = ["SELECT pg_advisory_unlock(hashtextextended($1, 0))"];
    WAIT_LOCK = ["SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"];
    NOTIFY = ["SELECT pg_notify($1, payload) FROM unnest($2::text[]) payload"];
    SCHEMA = ["SELECT current_schema()"];
    TIME_MILLIS = ["SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint"];
    ENCODING = ["SELECT current_setting('server_encoding')"];

    // Months of the log.
    MONTHS = ["SELECT relid::regclass::text, pg_get_expr(relpartbound, c.oid) FROM pg_partition_tree('events') \
        JOIN pg_class c ON c.oid = relid WHERE isleaf ORDER BY 1"];
    DETACHED_MONTHS = ["SELECT first_day, end_day, table_name FROM detached_months ORDER BY first_day"];
    TABLE_EXISTS = ["SELECT count(*) FROM pg_class WHERE oid = to_regclass($1)"];
    // The table of a month that was detached before events had a store lacks these columns.
    TABLE_HAS_STORES = ["SELECT count(*) FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid \
        WHERE pg_class.oid = to_regclass($1) AND attname = 'location_id'"];
    RECORD_DETACHED = ["INSERT INTO detached_months (first_day, end_day, table_name, detached_at) \
        VALUES ($1, $2, $3, extract(epoch FROM now())::bigint)"];
    UNCLOSED_IN_MONTH = ["SELECT e.app_id, e.day FROM event_days e LEFT JOIN closed_days c ON c.app_id = e.app_id \
        AND c.day = e.day WHERE e.day >= $1 AND e.day < $2 AND (c.events IS NULL OR c.events < e.events) LIMIT 1"];
    UNPUSHED_IN_MONTH = ["SELECT m.app_id FROM push_marks m JOIN callbacks k ON k.app_id = m.app_id \
        WHERE EXISTS (SELECT 1 FROM event_days e WHERE e.app_id = m.app_id AND e.day >= $1 AND e.day < $2 \
        AND e.last_seq >= m.next_seq) OR EXISTS (SELECT 1 FROM deliveries d JOIN events v ON v.app_id = d.app_id \
        AND v.seq = d.seq WHERE d.app_id = m.app_id AND d.state = 1 AND v.day >= $1 AND v.day < $2) LIMIT 1"];
}
