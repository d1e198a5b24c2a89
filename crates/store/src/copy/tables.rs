//! The tables of a store with their columns, the key first. They are the same in both engines.

use kaquan_core::stats::Counts;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Integer,
    Text,
    Bytes,
}

#[derive(Debug)]
pub struct Table {
    pub name: &'static str,
    /// The columns of the key come first.
    pub columns: &'static [(&'static str, Kind)],
    /// The number of key columns.
    pub key: usize,
}

impl Table {
    /// The statement that reads every row in the order of the key. It skips the mark of an unfinished store (a
    /// record of app 0), because that mark must not be copied.
    pub(crate) fn select(&self) -> String {
        let rows = if self.name == "records" { " WHERE app_id <> 0" } else { "" };
        format!("SELECT {} FROM {}{rows} ORDER BY {}", self.column_names(), self.name, self.key_names())
    }

    /// The names of the columns, separated by commas.
    pub fn column_names(&self) -> String {
        self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }

    /// The names of the columns of the key, separated by commas.
    pub fn key_names(&self) -> String {
        self.columns[..self.key].iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }
}

/// The key columns of a report and its numbers.
const REPORT_COLUMNS: &[(&str, Kind)] = &{
    let mut columns = [("", Kind::Integer); 4 + Counts::NAMES.len()];
    (columns[0].0, columns[1].0) = ("app_id", "day");
    (columns[2].0, columns[3].0) = ("scope_kind", "scope_no");
    let mut number = 0;
    while number < Counts::NAMES.len() {
        columns[4 + number].0 = Counts::NAMES[number];
        number += 1;
    }
    columns
};

macro_rules! columns {
    (= $columns:ident;) => { $columns };
    ({ $($column:ident $kind:ident,)* }) => { &[$((stringify!($column), Kind::$kind),)*] };
}

macro_rules! tables {
    ($($name:ident by $key:literal $(= $constant:ident;)? $({ $($column:ident $kind:ident,)* })?)*) => {
        /// Every table. A referenced table comes before the tables that refer to it.
        pub const TABLES: &[Table] = &[$(Table {
            name: stringify!($name),
            columns: columns!($(= $constant;)? $({ $($column $kind,)* })?),
            key: $key,
        },)*];
    };
}

tables! {
    apps by 1 {
        app_id Integer, appid Text, name Text, review Text, gift_timeout_secs Integer,
        return_window_secs Integer, secret_digest Bytes, code_key Bytes, token_key Bytes, created_at
        Integer,
    }
    counters by 1 {
        app_id Integer, card_no Integer, code_seq Integer, event_seq Integer, latest Integer,
    }
    tokens by 3 {
        app_id Integer, kind Integer, serial Integer, issued_at Integer, expires_at Integer,
        retired_at Integer,
    }
    cards by 2 {
        app_id Integer, card_no Integer, card_id Text, card_type Integer, source Integer, status
        Integer, refuse_reason Text, created_at Integer, updated_at Integer, section Text,
    }
    stocks by 2 {
        app_id Integer, card_no Integer, quantity Integer, total Integer,
    }
    codes by 2 {
        app_id Integer, seq Integer, card_no Integer, openid Text, custom Text, state Integer,
        origin Integer, claimed_at Integer, window_at Integer, own_begin Integer, own_end Integer,
        outer_str Text, changed_at Integer, gift_to Text, marked_for Text, expired_at Integer,
    }
    custom_codes by 3 {
        app_id Integer, card_no Integer, code Text, kind Integer, seq Integer, place Integer,
    }
    pools by 2 {
        app_id Integer, card_no Integer, deposited Integer, drawn Integer,
    }
    members by 2 {
        app_id Integer, code_seq Integer, membership_number Text, active_at Integer, bonus Integer,
        balance Integer, custom_field1 Text, custom_field2 Text, custom_field3 Text,
        background_pic_url Text,
    }
    records by 4 {
        app_id Integer, kind Integer, no Integer, name Text, body Text, expires_at Integer,
    }
    media by 2 {
        app_id Integer, digest Bytes, kind Integer, bytes Bytes, created_at Integer,
    }
    temporary_media by 2 {
        app_id Integer, media_id Text, format Integer, bytes Bytes, expires_at Integer,
    }
    events by 2 {
        app_id Integer, seq Integer, day Integer, kind Integer, card_no Integer, code_seq Integer,
        openid Text, friend Text, other_code Integer, amount Integer, amount2 Integer, at Integer,
        detail Text, location_id Integer, staff Text,
    }
    event_days by 2 {
        app_id Integer, day Integer, first_seq Integer, last_seq Integer, events Integer,
    }
    closed_days by 2 {
        app_id Integer, day Integer, events Integer,
    }
    reports by 4 = REPORT_COLUMNS;
    member_holders by 2 {
        app_id Integer, openid Text, holder_no Integer,
    }
    member_counters by 1 {
        app_id Integer, holder_no Integer,
    }
    member_steps by 4 {
        app_id Integer, code_seq Integer, day Integer, place Integer, kind Integer, card_no Integer,
        holder_no Integer, other_code Integer,
    }
    member_firsts by 3 {
        app_id Integer, card_no Integer, holder_no Integer, claim_day Integer, begin_day Integer,
    }
    sweeps by 2 {
        app_id Integer, card_no Integer, settled Integer, swept_through Integer,
    }
    callbacks by 1 {
        app_id Integer, url Text, token Text, aes_key Text, mode Integer, secret Bytes, policy
        Integer, original_id Text, changed_at Integer,
    }
    push_marks by 1 {
        app_id Integer, since_seq Integer, next_seq Integer, told Text, revision Integer,
    }
    deliveries by 2 {
        app_id Integer, seq Integer, state Integer, tries Integer, due_at Integer, told_at Integer,
        changed_at Integer,
    }
    attempts by 4 {
        app_id Integer, seq Integer, at Integer, no Integer, status Integer, millis Integer, outcome
        Text, answer Text,
    }
    upstreams by 1 {
        app_id Integer, settings Text, secrets Bytes, token Bytes, token_serial Integer, token_until
        Integer, forced_at Integer, renew_until Integer, changed_at Integer,
    }
    accounts by 1 {
        account_id Integer, name Text, name_key Text, password Text, created_at Integer, disabled_at
        Integer,
    }
    grants by 2 {
        account_id Integer, app_id Integer, role Integer,
    }
    sessions by 1 {
        digest Bytes, account_id Integer, created_at Integer, used_at Integer, expires_at Integer,
    }
    login_links by 1 {
        digest Bytes, account_id Integer, expires_at Integer,
    }
    failed_logins by 1 {
        who Text, failures Integer, failed_at Integer, free_at Integer,
    }
    known_browsers by 1 {
        digest Bytes, account_id Integer, created_at Integer, expires_at Integer,
    }
}
