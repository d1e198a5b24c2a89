//! The store in SQLite: one folder, one writer, any number of readers. `kaquan.db` is the store; `holders.db` beside
//! it is an index that can be built again from the log.

mod apps;
mod backup;
mod checkpoint;
mod commit;
mod connect;
mod console;
mod copy;
mod events;
mod folder;
mod holders;
mod identity;
mod load;
mod media;
mod members;
mod migrate;
mod push;
mod reports;
mod restore;
mod row;
mod writer;

pub use backup::{BackupContent, backup};
pub use folder::make_private;
pub use restore::{Restored, restore};

use crate::error::Result;
use crate::row::{CARD_COLUMNS, read_card, read_card_id, small};
use crate::rows::{
    AppRow, EventDay, Media, MediaDigest, NewApp, ScannedEvent, SweepState, TokenKind, TokenRow,
};
use crate::{Store, Writer};
use checkpoint::FALLBACK_PAGES;
use connect::{Pool, Role, lock};
use folder::Folder;
use holders::HolderIndex;
use kaquan_core::app::App;
use kaquan_core::card::{Card, CardStatus};
use kaquan_core::code::Code;
use kaquan_core::engine::{Keys, RecordKey, RecordKind, StoredRecord, WorkingSet};
use kaquan_core::event::Event;
use kaquan_core::id::{AppId, CardId, CardNo, CodeSeq, CodeText, EventSeq, OpenId};
use kaquan_core::stats::{DayRow, MemberStep, MemberTotals, Scope};
use kaquan_core::time::{Day, Timestamp};
use load::{query_all, query_one};
use rusqlite::{Connection, Transaction, TransactionBehavior, params_from_iter};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Records that are dropped in one transaction: the writer waits for it, and a flash sale can leave millions.
const DROPPED_AT_ONCE: usize = 1_000;
/// Between two such transactions, so that the writer gets in.
const DROP_PAUSE: Duration = Duration::from_millis(10);

/// What a commit survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// A power cut: every commit is flushed to the disk before it is answered.
    #[default]
    Full,
    /// The end of the process. A power cut may take the last commits back, and never damages the store.
    Normal,
}

/// How to open a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// What a commit survives.
    pub durability: Durability,
}

/// The store in a folder.
#[derive(Debug)]
pub struct SqliteStore {
    /// For the short transactions that are not the writer's. Closed before the folder is left.
    side: Mutex<Connection>,
    shared: Arc<Shared>,
}

/// What the store shares with its writer.
#[derive(Debug)]
struct Shared {
    dir: PathBuf,
    durability: Durability,
    main: Arc<Pool>,
    holders: Arc<HolderIndex>,
    /// Taken for every write transaction of this process: SQLite lets only one in at a time, and those who wait here
    /// are woken where SQLite would let them ask again and again.
    gate: Mutex<()>,
    // Dropped last: a restore may begin after that.
    folder: Folder,
}

impl SqliteStore {
    /// Opens the store in a folder. Both are made if they do not exist. The folder and its files become readable by
    /// their owner alone.
    ///
    /// # Errors
    /// The folder cannot be written, its files are of different stores or states, or its store is of a newer version.
    pub fn open(dir: &Path, options: Options) -> Result<SqliteStore> {
        let Options { durability } = options;
        let (folder, _gate) = Folder::enter(dir)?;
        folder::create_private(&main_path(dir))?;
        let mut side = open_writer(dir, durability)?;
        if migrate::version(&side)? != migrate::KNOWN {
            folder.expect_schema_change()?;
            migrate::migrate(&mut side)?;
        }
        let index = HolderIndex::open(dir.join("holders.db"), &side)?;
        let shared = Shared {
            dir: dir.to_owned(),
            durability,
            main: Arc::new(Pool::new(main_path(dir))),
            holders: Arc::new(index),
            gate: Mutex::new(()),
            folder,
        };
        Ok(SqliteStore { side: Mutex::new(side), shared: Arc::new(shared) })
    }

    /// Runs a short transaction of our own beside the writer's.
    fn write<T>(&self, change: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut side = lock(&self.side);
        let _gate = lock(&self.shared.gate);
        let transaction = side.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let answer = change(&transaction)?;
        transaction.commit()?;
        Ok(answer)
    }

    /// Reads with one view of the store.
    fn read<T>(&self, query: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let conn = self.shared.main.get()?;
        let transaction = conn.unchecked_transaction()?;
        let answer = query(&transaction)?;
        transaction.commit()?;
        Ok(answer)
    }
}

fn main_path(dir: &Path) -> PathBuf {
    dir.join("kaquan.db")
}

fn open_writer(dir: &Path, durability: Durability) -> Result<Connection> {
    let flushed = durability == Durability::Full;
    connect::open(
        &main_path(dir),
        Role::Writer { flushed, cache_kib: 131_072, checkpoint_pages: FALLBACK_PAGES },
    )
}

impl Store for SqliteStore {
    fn writer(&self) -> Result<Box<dyn Writer>> {
        Ok(Box::new(writer::SqliteWriter::open(self.shared.clone())?))
    }

    fn create_app(&self, app: &NewApp) -> Result<AppRow> {
        self.write(|conn| apps::create(conn, app))
    }

    fn apps(&self) -> Result<Vec<AppRow>> {
        self.read(apps::all)
    }

    fn app_by_appid(&self, appid: &str) -> Result<Option<AppRow>> {
        self.read(|conn| apps::by_appid(conn, appid))
    }

    fn set_secret(&self, app: AppId, secret_digest: &[u8; 32]) -> Result<()> {
        self.write(|conn| {
            conn.execute("UPDATE apps SET secret_digest = ?2 WHERE app_id = ?1", (app.0, secret_digest))?;
            Ok(())
        })
    }

    fn set_app(&self, app: &App) -> Result<()> {
        self.write(|conn| apps::set(conn, app))
    }

    fn tokens(&self, app: AppId, kind: TokenKind) -> Result<Vec<TokenRow>> {
        self.read(|conn| apps::tokens(conn, app, kind))
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
        self.write(|conn| apps::issue_token(conn, app, kind, after, now, expires_at, retire_others_at))
    }

    fn working_set(&self, app: AppId) -> Result<Option<WorkingSet>> {
        self.read(|conn| {
            let Some(app) = load::app(conn, app)? else { return Ok(None) };
            let counters = load::counters(conn, app.id)?;
            Ok(Some(WorkingSet::new(app, counters)))
        })
    }

    fn load(&self, keys: &Keys, set: &mut WorkingSet) -> Result<()> {
        self.read(|conn| {
            let app = set.app.id;
            for id in keys.card_ids.iter() {
                if set.card_ids.is_loaded(id) {
                    continue;
                }
                let card = load::card_by_id(conn, app, id)?;
                set.card_ids.load(id.clone(), card.as_ref().map(|card| card.no));
                if let Some(card) = card {
                    set.cards.load(card.no, Some(card));
                }
            }
            for no in &keys.cards {
                if !set.cards.is_loaded(no) {
                    set.cards.load(*no, load::card_by_no(conn, app, *no)?);
                }
            }
            load::rows(conn, keys, set)?;
            for (card, openid) in &keys.holders {
                let key = (*card, openid.clone());
                if let std::collections::hash_map::Entry::Vacant(entry) = set.holders.entry(key) {
                    let seqs = self.shared.holders.codes_of_holder(conn, app, openid, Some(*card))?;
                    entry.insert(load::holder_card(conn, app, openid, &seqs)?);
                }
            }
            Ok(())
        })
    }

    fn cards_page(
        &self,
        app: AppId,
        statuses: Option<&[CardStatus]>,
        offset: u64,
        count: u64,
    ) -> Result<(Vec<CardId>, u64)> {
        let statuses: Vec<String> = statuses
            .unwrap_or(CardStatus::BUT_DELETED)
            .iter()
            .map(|status| status.code().to_string())
            .collect();
        let matching = format!("FROM cards WHERE app_id = ?1 AND status IN ({})", statuses.join(", "));
        self.read(|conn| {
            let total = query_one(conn, &format!("SELECT count(*) {matching}"), [app.0], |row| {
                small(row, 0, "count")
            })?;
            let sql =
                format!("SELECT card_id {matching} ORDER BY created_at DESC, card_id LIMIT ?2 OFFSET ?3");
            let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
            let params = params_from_iter([app.0, number(count), number(offset)]);
            let page = query_all(conn, &sql, params, |row| read_card_id(row, 0))?;
            Ok((page, total.unwrap_or(0)))
        })
    }

    fn cards(&self, app: AppId) -> Result<Vec<Card>> {
        let sql = format!(
            "SELECT {} FROM cards JOIN stocks USING (app_id, card_no) WHERE app_id = ?1 ORDER BY card_no",
            CARD_COLUMNS
        );
        self.read(|conn| query_all(conn, &sql, [app.0], |row| read_card(row)))
    }

    fn codes_of_holder(&self, app: AppId, openid: &OpenId, card: Option<CardNo>) -> Result<Vec<Code>> {
        self.read(|conn| {
            let seqs = self.shared.holders.codes_of_holder(conn, app, openid, card)?;
            let codes = load::codes(conn, app, &seqs)?;
            Ok(codes.into_iter().filter(|code| code.openid == *openid).collect())
        })
    }

    fn codes_of_card(&self, app: AppId, card: CardNo, from: CodeSeq, limit: usize) -> Result<Vec<Code>> {
        self.read(|conn| {
            let seqs = self.shared.holders.codes_of_card(conn, app, card, from, limit)?;
            load::codes(conn, app, &seqs)
        })
    }

    fn waiting_codes(
        &self,
        app: AppId,
        card: CardNo,
        from: i64,
        limit: usize,
    ) -> Result<Vec<(i64, CodeText)>> {
        self.read(|conn| load::waiting_codes(conn, app, card, from, limit))
    }

    fn records(&self, app: AppId, kind: RecordKind) -> Result<Vec<(RecordKey, StoredRecord)>> {
        self.read(|conn| load::records(conn, app, kind))
    }

    fn records_before(
        &self,
        app: AppId,
        kind: RecordKind,
        before: i64,
        limit: usize,
    ) -> Result<Vec<(RecordKey, StoredRecord)>> {
        self.read(|conn| load::records_before(conn, app, kind, before, limit))
    }

    fn drop_expired_records(&self, now: Timestamp) -> Result<usize> {
        let sql = "DELETE FROM records WHERE (app_id, kind, no, name) IN (SELECT app_id, kind, no, name \
                   FROM records WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";
        let mut dropped = 0;
        loop {
            let portion = self.write(|conn| Ok(conn.execute(sql, (now.0, DROPPED_AT_ONCE as i64))?))?;
            dropped += portion;
            if portion < DROPPED_AT_ONCE {
                return Ok(dropped);
            }
            std::thread::sleep(DROP_PAUSE);
        }
    }

    fn save_media(&self, app: AppId, digest: &MediaDigest, media: &Media) -> Result<()> {
        self.write(|conn| media::save(conn, app, digest, media))
    }

    fn media(&self, app: AppId, digest: &MediaDigest) -> Result<Option<Media>> {
        self.read(|conn| media::find(conn, app, digest))
    }

    fn events(&self, app: AppId, from: EventSeq, limit: usize) -> Result<Vec<Event>> {
        self.read(|conn| events::from(conn, app, from, limit))
    }

    fn export_events(
        &self,
        app: AppId,
        first: Day,
        end: Day,
        visit: &mut dyn FnMut(Event) -> Result<()>,
    ) -> Result<()> {
        self.read(|conn| events::export(conn, app, first, end, visit))
    }

    fn event_days(&self, app: AppId) -> Result<Vec<EventDay>> {
        self.read(|conn| events::days(conn, app))
    }

    fn scan_events(
        &self,
        app: AppId,
        day: Day,
        first: EventSeq,
        last: EventSeq,
        visit: &mut dyn FnMut(ScannedEvent<'_>),
    ) -> Result<()> {
        self.read(|conn| events::scan(conn, app, day, first, last, visit))
    }

    fn closed_through(&self, app: AppId) -> Result<Option<Day>> {
        self.read(|conn| reports::closed_through(conn, app))
    }

    fn stale_days(&self, app: AppId) -> Result<Vec<Day>> {
        self.read(|conn| reports::stale_days(conn, app))
    }

    fn save_member_steps(&self, app: AppId, day: Day, steps: &[MemberStep]) -> Result<()> {
        members::save(app, day, steps, |change| self.write(change))
    }

    fn member_totals(&self, app: AppId, day: Day) -> Result<Vec<MemberTotals>> {
        self.read(|conn| members::totals(conn, app, day))
    }

    fn save_day(&self, app: AppId, day: Day, events: u64, rows: &[DayRow]) -> Result<()> {
        self.write(|conn| reports::save_day(conn, app, day, events, rows))
    }

    fn day_rows(&self, app: AppId, from: Day, to: Day, scope: Option<Scope>) -> Result<Vec<DayRow>> {
        self.read(|conn| reports::day_rows(conn, app, from, to, scope))
    }

    fn sweeps(&self, app: AppId) -> Result<Vec<(CardNo, SweepState)>> {
        self.read(|conn| reports::sweeps(conn, app))
    }

    fn save_sweep(&self, app: AppId, card: CardNo, state: SweepState) -> Result<()> {
        self.write(|conn| reports::save_sweep(conn, app, card, state))
    }

    fn check(&self) -> Result<()> {
        self.write(|conn| {
            conn.execute("UPDATE apps SET created_at = created_at WHERE app_id = -1", [])?;
            Ok(())
        })?;
        self.read(|conn| query_one(conn, "SELECT count(*) FROM apps", [], |_| Ok(())).map(|_| ()))
    }
}
