//! Reads rows of tables into the types of the rules, for every engine. For each type there is a list of columns, and
//! a function that reads them in this order.

use crate::apps::{AppRow, TokenRow};
use crate::cards::CardHead;
use crate::console::attempts::Attempts;
use crate::console::{Account, AccountId, Grant, KnownBrowser, LoginLink, Role, Session};
use crate::error::{Result, StoreError};
use crate::log::EventDay;
use crate::media::{Media, MediaKind};
use crate::push::{Attempt, Callback, Delivery, DeliveryState, PushCursor, PushMode, PushPolicy};
use crate::reports::SweepState;
use kaquan_core::app::{App, Counters, ReviewPolicy};
use kaquan_core::card::{Card, CardStatus, CardType, Object, Source, Terms, Window};
use kaquan_core::code::{Code, CodeState, Origin};
use kaquan_core::engine::{CustomCode, RecordKey, RecordKind, StoredRecord};
use kaquan_core::event::{Event, EventKind};
use kaquan_core::id::{AppId, CardId, CardNo, CodeSeq, CodeText, EventSeq, OpenId};
use kaquan_core::member::Member;
use kaquan_core::stats::{Counts, DayRow, ScannedEvent, Scope};
use kaquan_core::time::{Day, End, Timestamp};
use std::sync::Arc;

/// Lists of columns as macros, so that statements are built at compile time.
macro_rules! columns {
    ($($name:ident $text:literal;)*) => {$(
        macro_rules! $name { () => { $text }; }
    )*};
}

columns! {
    app_columns "app_id, review, gift_timeout_secs, return_window_secs, appid, name, secret_digest, \
        code_key, token_key, created_at";
    card_columns "card_no, card_id, card_type, source, status, refuse_reason, section, quantity, \
        total, created_at, updated_at";
    code_columns "seq, card_no, openid, custom, state, origin, claimed_at, window_at, own_begin, \
        own_end, outer_str, changed_at, gift_to, expired_at, marked_for";
    event_columns "seq, at, kind, card_no, code_seq, openid, friend, other_code, amount, amount2, \
        detail, location_id, staff";
    member_columns "code_seq, membership_number, active_at, bonus, balance, custom_field1, \
        custom_field2, custom_field3, background_pic_url";
    callback_columns "app_id, url, token, aes_key, mode, secret, policy, original_id, changed_at";
    delivery_columns "seq, state, tries, due_at, told_at, changed_at";
    account_columns "account_id, name, password, created_at, disabled_at";
}

/// A row of any engine. The first column has number 0.
pub trait Row {
    fn int(&self, index: usize) -> Result<i64>;
    fn int_or_null(&self, index: usize) -> Result<Option<i64>>;
    fn text(&self, index: usize) -> Result<&str>;
    fn text_or_null(&self, index: usize) -> Result<Option<&str>>;
    fn bytes(&self, index: usize) -> Result<&[u8]>;
}

/// The error for a value that kaquan never writes.
pub(crate) fn damaged(what: &str, found: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged(format!("{what} {found}"))
}

/// A number whose type is smaller than that of the column.
pub(crate) fn small<T: TryFrom<i64>>(row: &(impl Row + ?Sized), index: usize, what: &str) -> Result<T> {
    let number = row.int(index)?;
    T::try_from(number).map_err(|_| damaged(what, number))
}

/// As [`small`], or NULL.
pub(crate) fn small_or_null<T: TryFrom<i64>>(
    row: &(impl Row + ?Sized),
    index: usize,
    what: &str,
) -> Result<Option<T>> {
    let number = row.int_or_null(index)?;
    number.map(|number| T::try_from(number).map_err(|_| damaged(what, number))).transpose()
}

/// A number that stands for the value of an enum.
pub(crate) fn named<T>(
    row: &(impl Row + ?Sized),
    index: usize,
    what: &str,
    from_number: impl Fn(u8) -> Option<T>,
) -> Result<T> {
    let number = row.int(index)?;
    u8::try_from(number).ok().and_then(from_number).ok_or_else(|| damaged(what, number))
}

/// A text, read with one allocation.
fn shared<T: From<Arc<str>>>(row: &(impl Row + ?Sized), index: usize) -> Result<T> {
    Ok(T::from(Arc::from(row.text(index)?)))
}

fn shared_or_null<T: From<Arc<str>>>(row: &(impl Row + ?Sized), index: usize) -> Result<Option<T>> {
    Ok(row.text_or_null(index)?.map(|text| T::from(Arc::from(text))))
}

fn owned(row: &(impl Row + ?Sized), index: usize) -> Result<String> {
    Ok(row.text(index)?.to_owned())
}

fn owned_or_null(row: &(impl Row + ?Sized), index: usize) -> Result<Option<String>> {
    Ok(row.text_or_null(index)?.map(str::to_owned))
}

fn digest<const N: usize>(row: &(impl Row + ?Sized), index: usize, what: &str) -> Result<[u8; N]> {
    let bytes = row.bytes(index)?;
    bytes.try_into().map_err(|_| damaged(what, format_args!("of {} bytes", bytes.len())))
}

pub(crate) fn moment(row: &(impl Row + ?Sized), index: usize) -> Result<Timestamp> {
    row.int(index).map(Timestamp)
}

fn moment_or_null(row: &(impl Row + ?Sized), index: usize) -> Result<Option<Timestamp>> {
    Ok(row.int_or_null(index)?.map(Timestamp))
}

/// The part of an app that the rules use.
pub(crate) fn read_app(row: &(impl Row + ?Sized)) -> Result<App> {
    let review = row.text(1)?;
    Ok(App {
        id: AppId(row.int(0)?),
        review: ReviewPolicy::from_name(review).ok_or_else(|| damaged("review policy", review))?,
        gift_timeout_secs: row.int(2)?,
        return_window_secs: row.int(3)?,
    })
}

/// An app with its keys.
pub(crate) fn read_app_row(row: &(impl Row + ?Sized)) -> Result<AppRow> {
    Ok(AppRow {
        app: read_app(row)?,
        appid: owned(row, 4)?,
        name: owned(row, 5)?,
        secret_digest: digest(row, 6, "digest")?,
        code_key: digest(row, 7, "key")?,
        token_key: digest(row, 8, "key")?,
        created_at: moment(row, 9)?,
    })
}

/// Card number, code number, event number and latest time, starting at column `from`.
pub(crate) fn read_counters(row: &(impl Row + ?Sized), from: usize) -> Result<Counters> {
    Ok(Counters {
        card_no: row.int(from)?,
        code_seq: row.int(from + 1)?,
        event_seq: row.int(from + 2)?,
        latest: moment(row, from + 3)?,
    })
}

/// Serial, issue time, expiry, and retirement.
pub(crate) fn read_token(row: &(impl Row + ?Sized)) -> Result<TokenRow> {
    Ok(TokenRow {
        serial: row.int(0)?,
        issued_at: moment(row, 1)?,
        expires_at: moment(row, 2)?,
        retired_at: moment_or_null(row, 3)?,
    })
}

/// A card with its stock.
pub(crate) fn read_card(row: &(impl Row + ?Sized)) -> Result<Card> {
    let card_type = named(row, 2, "card type", CardType::from_number)?;
    let section: Object = serde_json::from_str(row.text(6)?).map_err(|error| damaged("document", error))?;
    let terms = Terms::read(card_type, &section).map_err(|error| damaged("document", error))?;
    Ok(Card {
        no: CardNo(row.int(0)?),
        id: shared(row, 1)?,
        card_type,
        source: read_source(row, 3)?,
        status: named(row, 4, "card status", CardStatus::from_number)?,
        refuse_reason: owned(row, 5)?,
        section: Arc::new(section),
        terms,
        quantity: row.int(7)?,
        total: row.int(8)?,
        created_at: moment(row, 9)?,
        updated_at: moment(row, 10)?,
    })
}

/// Number, id, type and source of a card.
pub(crate) fn read_card_head(row: &(impl Row + ?Sized)) -> Result<CardHead> {
    Ok(CardHead {
        no: CardNo(row.int(0)?),
        id: shared(row, 1)?,
        card_type: named(row, 2, "card type", CardType::from_number)?,
        source: read_source(row, 3)?,
    })
}

/// Number and status of a card.
pub(crate) fn read_card_status(row: &(impl Row + ?Sized)) -> Result<(CardNo, CardStatus)> {
    Ok((CardNo(row.int(0)?), named(row, 1, "card status", CardStatus::from_number)?))
}

/// The source of a card.
pub(crate) fn read_source(row: &(impl Row + ?Sized), index: usize) -> Result<Source> {
    named(row, index, "source", Source::from_number)
}

pub(crate) fn read_code(row: &(impl Row + ?Sized)) -> Result<Code> {
    let own_window = match (moment_or_null(row, 8)?, moment_or_null(row, 9)?) {
        (Some(begin), Some(end)) => Some(Window { begin, end: End::from_secs(end.0) }),
        _ => None,
    };
    Ok(Code {
        seq: CodeSeq(row.int(0)?),
        card: CardNo(row.int(1)?),
        openid: shared(row, 2)?,
        custom: row.text_or_null(3)?.map(CodeText::stored),
        state: named(row, 4, "code state", CodeState::from_number)?,
        origin: named(row, 5, "origin", Origin::from_number)?,
        claimed_at: moment(row, 6)?,
        window_at: moment(row, 7)?,
        own_window,
        outer_str: owned_or_null(row, 10)?,
        changed_at: moment(row, 11)?,
        gift_to: shared_or_null(row, 12)?,
        expired_at: moment_or_null(row, 13)?,
        marked_for: shared_or_null(row, 14)?,
    })
}

pub(crate) fn read_member(row: &(impl Row + ?Sized)) -> Result<Member> {
    Ok(Member {
        code: CodeSeq(row.int(0)?),
        membership_number: owned(row, 1)?,
        active_at: moment_or_null(row, 2)?,
        bonus: row.int(3)?,
        balance: row.int(4)?,
        custom_field_values: [owned(row, 5)?, owned(row, 6)?, owned(row, 7)?],
        background_pic_url: owned(row, 8)?,
    })
}

/// The columns of a custom code: kind, number of the code, place in the queue.
pub(crate) const fn custom_code_columns(code: CustomCode) -> (u8, Option<i64>, Option<i64>) {
    match code {
        CustomCode::Deposited(place) => (1, None, Some(place)),
        CustomCode::Issued(seq) => (2, Some(seq.0), None),
        CustomCode::Retired => (3, None, None),
    }
}

/// A custom code: kind, number of the code, place in the queue; starting at column `from`.
pub(crate) fn read_custom_code(row: &(impl Row + ?Sized), from: usize) -> Result<CustomCode> {
    Ok(match row.int(from)? {
        1 => CustomCode::Deposited(row.int(from + 2)?),
        2 => CustomCode::Issued(CodeSeq(row.int(from + 1)?)),
        3 => CustomCode::Retired,
        other => return Err(damaged("kind of custom code", other)),
    })
}

/// Place and text of an imported code that is not drawn yet.
pub(crate) fn read_waiting_code(row: &(impl Row + ?Sized)) -> Result<(i64, CodeText)> {
    Ok((row.int(1)?, CodeText::stored(row.text(0)?)))
}

/// Number, name, body and expiry of a record of this kind.
pub(crate) fn read_record(kind: RecordKind, row: &(impl Row + ?Sized)) -> Result<(RecordKey, StoredRecord)> {
    Ok((RecordKey { kind, no: row.int(0)?, name: shared(row, 1)? }, read_stored_record(row, 2)?))
}

/// Body and expiry of a record, starting at column `from`.
pub(crate) fn read_stored_record(row: &(impl Row + ?Sized), from: usize) -> Result<StoredRecord> {
    Ok(StoredRecord { body: shared(row, from)?, expires_at: moment_or_null(row, from + 1)? })
}

/// Kind, bytes and date of a picture.
pub(crate) fn read_media(row: &(impl Row + ?Sized)) -> Result<Media> {
    Ok(Media {
        kind: named(row, 0, "kind of picture", MediaKind::from_number)?,
        bytes: row.bytes(1)?.to_vec(),
        created_at: moment(row, 2)?,
    })
}

pub(crate) fn read_event(row: &(impl Row + ?Sized)) -> Result<Event> {
    Ok(Event {
        seq: EventSeq(row.int(0)?),
        at: moment(row, 1)?,
        kind: read_event_kind(row, 2)?,
        card: CardNo(row.int(3)?),
        code: row.int_or_null(4)?.map(CodeSeq),
        openid: shared_or_null(row, 5)?,
        friend: shared_or_null(row, 6)?,
        other_code: row.int_or_null(7)?.map(CodeSeq),
        amount: row.int(8)?,
        amount2: row.int(9)?,
        detail: owned_or_null(row, 10)?,
        location_id: row.int_or_null(11)?,
        staff: owned_or_null(row, 12)?,
    })
}

/// An event for the closing of a day, borrowed from the row: number, kind, card, code, holder, friend, other code,
/// both amounts, and store.
#[inline]
pub(crate) fn scanned_event(row: &(impl Row + ?Sized)) -> Result<ScannedEvent<'_>> {
    Ok(ScannedEvent {
        seq: EventSeq(row.int(0)?),
        kind: read_event_kind(row, 1)?,
        card: CardNo(row.int(2)?),
        code: row.int_or_null(3)?.map(CodeSeq),
        openid: row.text_or_null(4)?.unwrap_or_default(),
        friend: row.text_or_null(5)?.unwrap_or_default(),
        other_code: row.int_or_null(6)?.map(CodeSeq),
        amount: row.int(7)?,
        amount2: row.int(8)?,
        location_id: row.int_or_null(9)?,
    })
}

pub(crate) fn read_event_kind(row: &(impl Row + ?Sized), index: usize) -> Result<EventKind> {
    named(row, index, "event kind", EventKind::from_number)
}

/// A day, its first and last event, and the number of its events.
pub(crate) fn read_event_day(row: &(impl Row + ?Sized)) -> Result<EventDay> {
    Ok(EventDay {
        day: read_day(row, 0)?,
        first: EventSeq(row.int(1)?),
        last: EventSeq(row.int(2)?),
        events: small(row, 3, "count")?,
    })
}

pub(crate) fn read_day(row: &(impl Row + ?Sized), index: usize) -> Result<Day> {
    small(row, index, "day").map(Day)
}

/// Card, first code that can still expire, and the time up to which expiries are recorded.
pub(crate) fn read_sweep(row: &(impl Row + ?Sized)) -> Result<(CardNo, SweepState)> {
    let state = SweepState { settled: CodeSeq(row.int(1)?), swept_through: moment(row, 2)? };
    Ok((CardNo(row.int(0)?), state))
}

/// The numbers for the scopes of all cards of a source: coupons and tickets, and member cards.
pub(crate) const ACCOUNT_SCOPES: [i64; 2] = [1, 2];
/// The number for the scope of a single card.
pub(crate) const CARD_SCOPE: i64 = 3;
/// The numbers for the scopes of a store: coupons and tickets, and member cards.
pub(crate) const STORE_SCOPES: [i64; 2] = [4, 5];

/// The columns of a scope: kind, and the source, the card or the store.
pub(crate) fn scope_columns(scope: Scope) -> (i64, i64) {
    match scope {
        Scope::Coupons(source) => (1, source.number().into()),
        Scope::Members(source) => (2, source.number().into()),
        Scope::Card(card) => (CARD_SCOPE, card.0),
        Scope::StoreCoupons(location_id) => (STORE_SCOPES[0], location_id),
        Scope::StoreMembers(location_id) => (STORE_SCOPES[1], location_id),
    }
}

/// Day and scope, then the counts in the order of their names.
pub(crate) fn read_day_row(row: &(impl Row + ?Sized)) -> Result<DayRow> {
    let scope = match row.int(1)? {
        1 => Scope::Coupons(read_source(row, 2)?),
        2 => Scope::Members(read_source(row, 2)?),
        CARD_SCOPE => Scope::Card(CardNo(row.int(2)?)),
        4 => Scope::StoreCoupons(row.int(2)?),
        5 => Scope::StoreMembers(row.int(2)?),
        other => return Err(damaged("scope", other)),
    };
    let mut values = [0; Counts::NAMES.len()];
    for (index, value) in values.iter_mut().enumerate() {
        *value = row.int(3 + index)?;
    }
    Ok(DayRow { day: read_day(row, 0)?, scope, counts: Counts::from_values(values) })
}

pub(crate) fn read_callback(row: &(impl Row + ?Sized)) -> Result<Callback> {
    Ok(Callback {
        app: AppId(row.int(0)?),
        url: owned(row, 1)?,
        token: owned(row, 2)?,
        aes_key: owned(row, 3)?,
        mode: named(row, 4, "push mode", PushMode::from_number)?,
        secret: row.bytes(5)?.to_vec(),
        policy: named(row, 6, "push policy", PushPolicy::from_number)?,
        original_id: owned(row, 7)?,
        changed_at: moment(row, 8)?,
    })
}

/// First event to push, next event, the reader's note, and revision.
pub(crate) fn read_push_cursor(row: &(impl Row + ?Sized)) -> Result<PushCursor> {
    Ok(PushCursor {
        since: EventSeq(row.int(0)?),
        next: EventSeq(row.int(1)?),
        note: owned(row, 2)?,
        revision: row.int(3)?,
    })
}

pub(crate) fn read_delivery(row: &(impl Row + ?Sized)) -> Result<Delivery> {
    Ok(Delivery {
        seq: EventSeq(row.int(0)?),
        state: named(row, 1, "state of delivery", DeliveryState::from_number)?,
        tries: small(row, 2, "tries")?,
        due_at: moment(row, 3)?,
        create_time: moment(row, 4)?,
        changed_at: moment(row, 5)?,
    })
}

pub(crate) fn read_attempt(row: &(impl Row + ?Sized)) -> Result<Attempt> {
    Ok(Attempt {
        seq: EventSeq(row.int(0)?),
        at: moment(row, 1)?,
        no: small(row, 2, "number of attempt")?,
        status: small(row, 3, "status")?,
        millis: small(row, 4, "milliseconds")?,
        outcome: owned(row, 5)?,
        answer: owned(row, 6)?,
    })
}

pub(crate) fn read_account(row: &(impl Row + ?Sized)) -> Result<Account> {
    Ok(Account {
        id: AccountId(row.int(0)?),
        name: owned(row, 1)?,
        password: owned_or_null(row, 2)?,
        created_at: moment(row, 3)?,
        disabled_at: moment_or_null(row, 4)?,
    })
}

/// App (0 for all) and role.
pub(crate) fn read_grant(row: &(impl Row + ?Sized), from: usize) -> Result<Grant> {
    let app = Some(row.int(from)?).filter(|app| *app != 0).map(AppId);
    Ok(Grant { app, role: named(row, from + 1, "role", Role::from_number)? })
}

/// Digest, account, and the times of creation, last use and expiry.
pub(crate) fn read_session(row: &(impl Row + ?Sized)) -> Result<Session> {
    Ok(Session {
        digest: digest(row, 0, "digest")?,
        account: AccountId(row.int(1)?),
        created_at: moment(row, 2)?,
        used_at: moment(row, 3)?,
        expires_at: moment(row, 4)?,
    })
}

/// Digest, account and expiry.
pub(crate) fn read_login_link(row: &(impl Row + ?Sized)) -> Result<LoginLink> {
    Ok(LoginLink {
        digest: digest(row, 0, "digest")?,
        account: AccountId(row.int(1)?),
        expires_at: moment(row, 2)?,
    })
}

/// Digest, account, time of creation and expiry.
pub(crate) fn read_known_browser(row: &(impl Row + ?Sized)) -> Result<KnownBrowser> {
    Ok(KnownBrowser {
        digest: digest(row, 0, "digest")?,
        account: AccountId(row.int(1)?),
        created_at: moment(row, 2)?,
        expires_at: moment(row, 3)?,
    })
}

/// Key, count, time of the last attempt, and time of the next.
pub(crate) fn read_attempts(row: &(impl Row + ?Sized)) -> Result<(String, Attempts)> {
    let attempts =
        Attempts { count: small(row, 1, "failures")?, last_at: moment(row, 2)?, free_at: moment(row, 3)? };
    Ok((row.text(0)?.to_owned(), attempts))
}

pub(crate) fn read_card_id(row: &(impl Row + ?Sized), index: usize) -> Result<CardId> {
    shared(row, index)
}

pub(crate) fn read_openid(row: &(impl Row + ?Sized), index: usize) -> Result<OpenId> {
    shared(row, index)
}
