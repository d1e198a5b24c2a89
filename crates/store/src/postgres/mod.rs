//! The store in PostgreSQL: any number of nodes, each with several writers. Every rule is above it and the same as for
//! the store in a folder; what differs is how rows are locked, and how nodes hear of each other.

mod apps;
mod cards;
pub mod citus;
mod commit;
mod connect;
mod console;
mod copy;
mod error;
mod lease;
mod listen;
mod load;
mod members;
mod migrate;
mod months;
mod pool;
mod push;
mod reports;
mod row;
mod sql;
mod writer;

use crate::error::{Result, StoreError};
use crate::nodes::{Hear, Lease, Month, Work};
use crate::row::{
    Row as _, read_app_row, read_card_id, read_code, read_event, read_event_day, read_media, read_token,
    read_waiting_code, scanned_event, small,
};
use crate::rows::{
    AppRow, EventDay, Media, MediaDigest, NewApp, ScannedEvent, SweepState, TokenKind, TokenRow,
};
use crate::{Store, Writer};
use connect::{Address, Conn};
use kaquan_core::app::App;
use kaquan_core::card::{Card, CardStatus};
use kaquan_core::code::Code;
use kaquan_core::engine::{Keys, RecordKey, RecordKind, StoredRecord, WorkingSet};
use kaquan_core::event::Event;
use kaquan_core::id::{AppId, CardId, CardNo, CodeSeq, CodeText, EventSeq, OpenId};
use kaquan_core::stats::{DayRow, MemberStep, MemberTotals, Scope};
use kaquan_core::time::{Day, Timestamp};
use listen::Outbox;
use pool::Pool;
use std::sync::Arc;

/// Rows dropped in one transaction.
const DROPPED_AT_ONCE: i64 = 1_000;
/// Writers of a node unless somebody says otherwise: batches of so many apps are on their way at once.
pub const WRITERS: usize = 4;

/// The store in a PostgreSQL database.
#[derive(Debug, Clone)]
pub struct PostgresStore {
    shared: Arc<Shared>,
    writers: usize,
}

/// What the store shares with its writers.
#[derive(Debug)]
struct Shared {
    pool: Pool,
    /// The schema its tables are in: several stores may share a database.
    schema: String,
    leases: lease::Leases,
    outbox: Outbox,
}

impl Shared {
    /// Called after a commit.
    fn log_grew(&self, app: AppId, next: EventSeq) {
        self.outbox.log_grew(app, next);
    }
}

impl PostgresStore {
    /// Opens the store at an address such as `postgres://user:password@host/database`. Its tables are made if they are
    /// not there.
    ///
    /// Errors: the address cannot be read, the server cannot be reached, its encoding is not UTF-8, or the store is of a
    /// newer version.
    pub fn open(url: &str) -> Result<PostgresStore> {
        let pool = Pool::new(Address::parse(url)?);
        let schema = pool.read(|conn| {
            let encoding = conn.query_one(sql::ENCODING, &[])?.text(0)?.to_owned();
            if encoding != "UTF8" {
                return Err(StoreError::Address(format!(
                    "the database is in {encoding} and must be in UTF8"
                )));
            }
            let row = conn.query_one(sql::SCHEMA, &[])?;
            let schema = row.text_or_null(0)?;
            Ok(schema
                .ok_or_else(|| StoreError::Address("search_path names no schema".to_owned()))?
                .to_owned())
        })?;
        migrate::migrate(&pool, &schema)?;
        let leases = lease::Leases::new(pool.address().clone(), schema.clone());
        let shared = Shared { pool, schema, leases, outbox: Outbox::default() };
        Ok(PostgresStore { shared: Arc::new(shared), writers: WRITERS })
    }

    /// The same store with so many writers in a server.
    pub fn with_writers(self, writers: usize) -> PostgresStore {
        PostgresStore { writers: writers.max(1), ..self }
    }

    /// Every statement this engine can issue, by name: for those who check them.
    pub fn statements() -> &'static [(&'static str, &'static str)] {
        sql::ALL
    }

    /// The statements that make the tables, oldest first.
    pub fn migrations() -> &'static [&'static str] {
        migrate::STEPS
    }

    fn pool(&self) -> &Pool {
        &self.shared.pool
    }

    /// Drops rows of one app after the other, a portion at a time until there are no more.
    fn drop_in_portions(&self, portion: impl Fn(&mut Conn, i64) -> Result<u64>) -> Result<usize> {
        let mut dropped = 0;
        for app in self.apps()? {
            loop {
                let count = self.pool().write(|conn| portion(conn, app.app.id.0))?;
                dropped += count;
                if count < DROPPED_AT_ONCE.unsigned_abs() {
                    break;
                }
            }
        }
        Ok(usize::try_from(dropped).unwrap_or(usize::MAX))
    }
}

fn limit(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl Store for PostgresStore {
    fn writer(&self) -> Result<Box<dyn Writer>> {
        Ok(Box::new(writer::PostgresWriter::new(self.shared.clone())?))
    }

    fn writers(&self) -> Result<Vec<Box<dyn Writer>>> {
        // Always more than one lane, so that a batch is of one app.
        (0..self.writers.max(2)).map(|_| self.writer()).collect()
    }

    fn create_app(&self, app: &NewApp) -> Result<AppRow> {
        self.pool().write(|conn| apps::create(conn, app))
    }

    fn apps(&self) -> Result<Vec<AppRow>> {
        self.pool().read(|conn| conn.query(sql::APPS, &[])?.iter().map(read_app_row).collect())
    }

    fn app_by_appid(&self, appid: &str) -> Result<Option<AppRow>> {
        self.pool()
            .read(|conn| conn.query_opt(sql::APP_BY_APPID, &[&appid])?.as_ref().map(read_app_row).transpose())
    }

    fn set_secret(&self, app: AppId, secret_digest: &[u8; 32]) -> Result<()> {
        self.pool()
            .write(|conn| conn.execute(sql::SET_SECRET, &[&app.0, &secret_digest.as_slice()]).map(drop))
    }

    fn set_app(&self, app: &App) -> Result<()> {
        let App { id, review, gift_timeout_secs, return_window_secs } = app;
        self.pool().write(|conn| {
            conn.execute(sql::SET_APP, &[&id.0, &review.name(), gift_timeout_secs, return_window_secs])
                .map(drop)
        })
    }

    fn tokens(&self, app: AppId, kind: TokenKind) -> Result<Vec<TokenRow>> {
        let kind = i64::from(kind.code());
        self.pool().read(|conn| conn.query(sql::TOKENS, &[&app.0, &kind])?.iter().map(read_token).collect())
    }

    fn issue_token(
        &self,
        app: AppId,
        kind: TokenKind,
        after: Option<i64>,
        now: Timestamp,
        expires_at: Timestamp,
        retire_others_at: Timestamp,
    ) -> Result<Option<TokenRow>> {
        self.pool().write(|conn| apps::issue_token(conn, app, kind, after, now, expires_at, retire_others_at))
    }

    fn working_set(&self, app: AppId) -> Result<Option<WorkingSet>> {
        self.pool()
            .read(|conn| conn.query_opt(sql::COUNTERS, &[&app.0])?.as_ref().map(load::empty_set).transpose())
    }

    fn load(&self, keys: &Keys, set: &mut WorkingSet) -> Result<()> {
        self.pool().snapshot(|conn| load::load(conn, keys, set))
    }

    fn cards_page(
        &self,
        app: AppId,
        statuses: Option<&[CardStatus]>,
        offset: u64,
        count: u64,
    ) -> Result<(Vec<CardId>, u64)> {
        let statuses = statuses.unwrap_or(CardStatus::BUT_DELETED);
        let statuses: Vec<i64> = statuses.iter().map(|status| status.code().into()).collect();
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let (offset, count) = (number(offset), number(count));
        self.pool().snapshot(|conn| {
            let total = small(&conn.query_one(sql::COUNT_CARDS, &[&app.0, &statuses])?, 0, "count")?;
            let rows = conn.query(sql::CARDS_PAGE, &[&app.0, &statuses, &count, &offset])?;
            Ok((rows.iter().map(|row| read_card_id(row, 0)).collect::<Result<_>>()?, total))
        })
    }

    fn cards(&self, app: AppId) -> Result<Vec<Card>> {
        let read = |row: &_| load::read_card_and_revision(row).map(|(card, _)| card);
        self.pool().read(|conn| conn.query(sql::CARDS, &[&app.0])?.iter().map(read).collect())
    }

    fn codes_of_holder(&self, app: AppId, openid: &OpenId, card: Option<CardNo>) -> Result<Vec<Code>> {
        let card = card.map(|card| card.0);
        self.pool().read(|conn| {
            let rows = conn.query(sql::CODES_OF_HOLDER, &[&app.0, &openid.as_str(), &card])?;
            rows.iter().map(read_code).collect()
        })
    }

    fn codes_of_card(&self, app: AppId, card: CardNo, from: CodeSeq, count: usize) -> Result<Vec<Code>> {
        self.pool().read(|conn| {
            let rows = conn.query(sql::CODES_OF_CARD, &[&app.0, &card.0, &from.0, &limit(count)])?;
            rows.iter().map(read_code).collect()
        })
    }

    fn waiting_codes(
        &self,
        app: AppId,
        card: CardNo,
        from: i64,
        count: usize,
    ) -> Result<Vec<(i64, CodeText)>> {
        self.pool().read(|conn| {
            let rows = conn.query(sql::WAITING_CODES, &[&app.0, &card.0, &from, &limit(count)])?;
            rows.iter().map(read_waiting_code).collect()
        })
    }

    fn records(&self, app: AppId, kind: RecordKind) -> Result<Vec<(RecordKey, StoredRecord)>> {
        let code = i64::from(kind.code());
        self.pool().read(|conn| load::records(kind, &conn.query(sql::RECORDS_OF_KIND, &[&app.0, &code])?))
    }

    fn records_before(
        &self,
        app: AppId,
        kind: RecordKind,
        before: i64,
        count: usize,
    ) -> Result<Vec<(RecordKey, StoredRecord)>> {
        let code = i64::from(kind.code());
        self.pool().read(|conn| {
            let rows = conn.query(sql::RECORDS_BEFORE, &[&app.0, &code, &before, &limit(count)])?;
            load::records(kind, &rows)
        })
    }

    fn drop_expired_records(&self, now: Timestamp) -> Result<usize> {
        self.drop_in_portions(|conn, app| conn.execute(sql::DROP_RECORDS, &[&app, &now.0, &DROPPED_AT_ONCE]))
    }

    fn save_media(&self, app: AppId, digest: &MediaDigest, media: &Media) -> Result<()> {
        let Media { kind, bytes, created_at } = media;
        let kind = i64::from(kind.code());
        self.pool().write(|conn| {
            conn.execute(sql::INSERT_MEDIA, &[&app.0, &digest.as_slice(), &kind, bytes, &created_at.0])
                .map(drop)
        })
    }

    fn media(&self, app: AppId, digest: &MediaDigest) -> Result<Option<Media>> {
        self.pool().read(|conn| {
            conn.query_opt(sql::MEDIA, &[&app.0, &digest.as_slice()])?.as_ref().map(read_media).transpose()
        })
    }

    fn events(&self, app: AppId, from: EventSeq, count: usize) -> Result<Vec<Event>> {
        self.pool().read(|conn| {
            conn.query(sql::EVENTS_FROM, &[&app.0, &from.0, &limit(count)])?.iter().map(read_event).collect()
        })
    }

    fn event_days(&self, app: AppId) -> Result<Vec<EventDay>> {
        self.pool().read(|conn| conn.query(sql::EVENT_DAYS, &[&app.0])?.iter().map(read_event_day).collect())
    }

    fn scan_events(
        &self,
        app: AppId,
        day: Day,
        first: EventSeq,
        last: EventSeq,
        visit: &mut dyn FnMut(ScannedEvent<'_>),
    ) -> Result<()> {
        let (day, mut begun) = (i64::from(day.0), false);
        self.pool().read(|conn| {
            // Visited rows cannot be taken back, so a connection that broke behind the first of them is the end of it.
            if begun {
                return Err(StoreError::Unreachable(
                    "the connection broke while the log was read".to_owned(),
                ));
            }
            conn.visit(sql::SCAN_EVENTS, &[&app.0, &first.0, &last.0, &day], |row| {
                begun = true;
                visit(scanned_event(row)?);
                Ok(())
            })
        })
    }

    fn closed_through(&self, app: AppId) -> Result<Option<Day>> {
        self.pool().read(|conn| reports::closed_through(conn, app))
    }

    fn stale_days(&self, app: AppId) -> Result<Vec<Day>> {
        self.pool().read(|conn| reports::stale_days(conn, app))
    }

    fn save_member_steps(&self, app: AppId, day: Day, steps: &[MemberStep]) -> Result<()> {
        members::save(self.pool(), app, day, steps)
    }

    fn member_totals(&self, app: AppId, day: Day) -> Result<Vec<MemberTotals>> {
        self.pool().snapshot(|conn| members::totals(conn, app, day))
    }

    fn save_day(&self, app: AppId, day: Day, events: u64, rows: &[DayRow]) -> Result<()> {
        self.pool().write(|conn| reports::save_day(conn, app, day, events, rows))
    }

    fn day_rows(&self, app: AppId, from: Day, to: Day, scope: Option<Scope>) -> Result<Vec<DayRow>> {
        self.pool().read(|conn| reports::day_rows(conn, app, from, to, scope))
    }

    fn sweeps(&self, app: AppId) -> Result<Vec<(CardNo, SweepState)>> {
        self.pool().read(|conn| reports::sweeps(conn, app))
    }

    fn save_sweep(&self, app: AppId, card: CardNo, state: SweepState) -> Result<()> {
        let SweepState { settled, swept_through } = state;
        self.pool().write(|conn| {
            conn.execute(sql::SAVE_SWEEP, &[&app.0, &card.0, &settled.0, &swept_through.0]).map(drop)
        })
    }

    fn check(&self) -> Result<()> {
        self.pool().write(|conn| conn.execute(sql::CHECK, &[]).map(drop))
    }

    fn try_lease(&self, work: Work) -> Result<Option<Lease>> {
        self.shared.leases.try_take(work)
    }

    fn listen(&self, hear: Hear) -> Result<()> {
        listen::start(&self.shared, hear)
    }

    fn tidy(&self, now: Timestamp) -> Result<()> {
        months::make_ahead(self.pool(), &self.shared.schema, now.day())?;
        for app in self.apps()? {
            self.pool().write(|conn| conn.execute(sql::DROP_LANES, &[&app.app.id.0]))?;
        }
        Ok(())
    }

    fn export_events(
        &self,
        app: AppId,
        first: Day,
        end: Day,
        visit: &mut dyn FnMut(Event) -> Result<()>,
    ) -> Result<()> {
        months::export(self.pool(), app, first, end, visit)
    }

    fn months(&self) -> Result<Option<Vec<Month>>> {
        months::all(self.pool()).map(Some)
    }

    fn detach_month(&self, month: Month) -> Result<String> {
        months::detach(self.pool(), &self.shared.schema, month)
    }
}
