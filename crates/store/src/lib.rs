//! Where kaquan's rows live. A store loads rows into a working set and commits what a batch changed; everything that
//! decides anything is above it. Several engines keep one contract, and one suite of cases checks them all.

pub mod attempts;
pub mod console;
pub mod copy;
pub mod error;
mod membership;
mod named;
pub mod nodes;
pub mod postgres;
pub mod push;
mod row;
pub mod rows;
pub mod sqlite;

pub use attempts::{AttemptLimit, Attempts};
pub use console::{
    Account, AccountId, ConsoleStore, Grant, KNOWN_BROWSERS_MAX, KnownBrowser, LoginLink, Role, Session,
};
pub use error::{Result, StoreError};
pub use nodes::{Hear, Lease, Month, Work};
pub use postgres::PostgresStore;
pub use push::{
    Attempt, Callback, Delivery, DeliveryState, EventFilter, PushMark, PushMode, PushPolicy, PushProgress,
    PushStore,
};
pub use rows::{
    AppRow, EventDay, Media, MediaDigest, MediaKind, NewApp, ScannedEvent, SweepState, TokenKind, TokenRow,
};
pub use sqlite::{Durability, Options, SqliteStore};

use kaquan_core::app::App;
use kaquan_core::card::{Card, CardStatus};
use kaquan_core::code::Code;
use kaquan_core::engine::{Keys, RecordKey, RecordKind, StoredRecord, WorkingSet};
use kaquan_core::event::Event;
use kaquan_core::id::{AppId, CardId, CardNo, CodeSeq, CodeText, EventSeq, OpenId};
use kaquan_core::stats::{DayRow, MemberStep, MemberTotals, Scope};
use kaquan_core::time::{Day, Timestamp};

/// One engine that keeps the rows. All calls block; those that take `&self` may run at once on many threads and see
/// everything committed before they began.
pub trait Store: PushStore + ConsoleStore + Send + Sync + 'static {
    /// A writer of this store. An engine in a file has one at a time, whoever holds it; one on a server has as many as
    /// are asked for.
    ///
    /// Errors: when the one there is is taken, in this process or another.
    fn writer(&self) -> Result<Box<dyn Writer>>;
    /// As many writers as a server puts to use.
    ///
    /// Errors: those of [`Store::writer`].
    fn writers(&self) -> Result<Vec<Box<dyn Writer>>> {
        Ok(vec![self.writer()?])
    }

    /// Makes an app.
    fn create_app(&self, app: &NewApp) -> Result<AppRow>;
    /// All apps, oldest first.
    fn apps(&self) -> Result<Vec<AppRow>>;
    /// The app with this appid.
    fn app_by_appid(&self, appid: &str) -> Result<Option<AppRow>>;
    /// Replaces the digest of an app's secret.
    fn set_secret(&self, app: AppId, secret_digest: &[u8; 32]) -> Result<()>;
    /// Replaces what the rules know of an app: who reviews its cards, and its time limits.
    fn set_app(&self, app: &App) -> Result<()>;

    /// The tokens of an app and kind that are not older than a day past their life, newest first.
    fn tokens(&self, app: AppId, kind: TokenKind) -> Result<Vec<TokenRow>>;
    /// Stores a new token (its serial is one more than the largest so far) and retires the others of its kind at
    /// `retire_others_at`, unless they retire earlier already. Answers the row. Drops rows long past their life. With
    /// `after`, only if the largest serial so far is that (0 for none): `None` when somebody was quicker.
    fn issue_token(
        &self,
        app: AppId,
        kind: TokenKind,
        after: Option<i64>,
        now: Timestamp,
        expires_at: Timestamp,
        retire_others_at: Timestamp,
    ) -> Result<Option<TokenRow>>;

    /// A working set of this app with nothing loaded, to be read and never committed; `None` for an unknown app.
    fn working_set(&self, app: AppId) -> Result<Option<WorkingSet>>;
    /// Loads what `keys` ask for and is not loaded yet. Afterwards every key is loaded or known to be absent.
    fn load(&self, keys: &Keys, set: &mut WorkingSet) -> Result<()>;
    /// Card ids with one of these statuses (all but deleted ones for `None`), the newest card first (then by card
    /// id), with the count of all that match.
    fn cards_page(
        &self,
        app: AppId,
        statuses: Option<&[CardStatus]>,
        offset: u64,
        count: u64,
    ) -> Result<(Vec<CardId>, u64)>;
    /// All cards of an app, by number.
    fn cards(&self, app: AppId) -> Result<Vec<Card>>;
    /// The codes of a holder, in the order they came; of one card if one is named.
    fn codes_of_holder(&self, app: AppId, openid: &OpenId, card: Option<CardNo>) -> Result<Vec<Code>>;
    /// The codes of a card from `from` on, by number, at most `limit` of them.
    fn codes_of_card(&self, app: AppId, card: CardNo, from: CodeSeq, limit: usize) -> Result<Vec<Code>>;
    /// The imported codes of a card nobody has claimed yet, with their places in the queue, from place `from` on, at most
    /// `limit` of them.
    fn waiting_codes(
        &self,
        app: AppId,
        card: CardNo,
        from: i64,
        limit: usize,
    ) -> Result<Vec<(i64, CodeText)>>;
    /// The records of a kind, by number and name, those that are over included.
    fn records(&self, app: AppId, kind: RecordKind) -> Result<Vec<(RecordKey, StoredRecord)>>;
    /// The records of a kind with numbers below `before`, the last first, at most `limit` of them.
    fn records_before(
        &self,
        app: AppId,
        kind: RecordKind,
        before: i64,
        limit: usize,
    ) -> Result<Vec<(RecordKey, StoredRecord)>>;
    /// Drops the records of all apps that were over at `now`, and tells how many there were.
    fn drop_expired_records(&self, now: Timestamp) -> Result<usize>;
    /// Keeps a picture under its digest. One that is there already stays as it is.
    fn save_media(&self, app: AppId, digest: &MediaDigest, media: &Media) -> Result<()>;
    /// The picture with this digest.
    fn media(&self, app: AppId, digest: &MediaDigest) -> Result<Option<Media>>;
    /// The events from number `from` on, at most `limit` of them.
    fn events(&self, app: AppId, from: EventSeq, limit: usize) -> Result<Vec<Event>>;

    /// Visits every event that counts on a day from `first` up to `end` (exclusive), by number; those of months that were
    /// taken out of the log too, as long as their tables are there.
    fn export_events(
        &self,
        app: AppId,
        first: Day,
        end: Day,
        visit: &mut dyn FnMut(Event) -> Result<()>,
    ) -> Result<()>;

    /// The days that have events, oldest first.
    fn event_days(&self, app: AppId) -> Result<Vec<EventDay>>;
    /// Visits the events of `day` among those numbered `first` to `last` (inclusive), in order. Made for millions of
    /// rows: nothing is collected.
    fn scan_events(
        &self,
        app: AppId,
        day: Day,
        first: EventSeq,
        last: EventSeq,
        visit: &mut dyn FnMut(ScannedEvent<'_>),
    ) -> Result<()>;
    /// The last closed day; every day before it is closed too.
    fn closed_through(&self, app: AppId) -> Result<Option<Day>>;
    /// The days closed with fewer events than they have by now.
    fn stale_days(&self, app: AppId) -> Result<Vec<Day>>;
    /// Records the membership steps of a day. Recording a day again leaves what it left the first time.
    fn save_member_steps(&self, app: AppId, day: Day, steps: &[MemberStep]) -> Result<()>;
    /// Totals of memberships at the end of a day, for every card and source that has any.
    fn member_totals(&self, app: AppId, day: Day) -> Result<Vec<MemberTotals>>;
    /// Replaces the rows of a day and marks it closed with `events` events.
    fn save_day(&self, app: AppId, day: Day, events: u64, rows: &[DayRow]) -> Result<()>;
    /// The rows of a range of days (inclusive): of these scopes, or of every card for `None`. By day, then by card
    /// number.
    fn day_rows(&self, app: AppId, from: Day, to: Day, scope: Option<Scope>) -> Result<Vec<DayRow>>;

    /// How far the expiry sweep of each card has come.
    fn sweeps(&self, app: AppId) -> Result<Vec<(CardNo, SweepState)>>;
    /// Notes how far the sweep of a card has come.
    fn save_sweep(&self, app: AppId, card: CardNo, state: SweepState) -> Result<()>;

    /// Whether the store can be read and written: what `/readyz` asks.
    fn check(&self) -> Result<()>;

    /// The right to a piece of work that one node does at a time; `None` while somebody has it.
    fn try_lease(&self, work: Work) -> Result<Option<Lease>> {
        let _ = work;
        Ok(Some(Lease::only()))
    }
    /// Has `hear` told from now on when other nodes, or processes beside this one, add to the log of an app. A word may
    /// come late, by two seconds at most while the database can be reached, and may come twice.
    fn listen(&self, hear: Hear) -> Result<()> {
        drop(hear);
        Ok(())
    }
    /// Does now and then what the store needs done: makes room for the events of months to come, forgets nodes that are
    /// gone.
    fn tidy(&self, now: Timestamp) -> Result<()> {
        let _ = now;
        Ok(())
    }
    /// The months of the log that could be taken out of it, oldest first; `None` for a store that keeps it in one piece.
    fn months(&self) -> Result<Option<Vec<Month>>> {
        Ok(None)
    }
    /// Takes a month out of the log; the reports stay as they are. Answers the name of the table it is in now.
    ///
    /// Errors: the month has days that are not closed, or events that are still to be pushed.
    fn detach_month(&self, month: Month) -> Result<String> {
        Err(StoreError::Unsupported(format!(
            "the log of this store is in one piece; {month} cannot be taken out"
        )))
    }
}

/// Names the rows a batch needs, as far as the rows loaded so far tell.
pub type Ask<'a> = dyn Fn(&WorkingSet, &mut Keys) + 'a;

/// A writing end of a store. It belongs to one thread.
pub trait Writer: Send {
    /// A working set of this app with everything `ask` names, asked again until it names nothing new; `None` for an
    /// unknown app. Until the commit nobody else can change what was loaded. To be followed by [`Writer::commit`] or
    /// [`Writer::abandon`]; before that sets of other apps may be loaded to be committed with it.
    fn load(&mut self, app: AppId, ask: &Ask<'_>) -> Result<Option<WorkingSet>>;
    /// Writes what the sets changed in one transaction and lets go of what was loaded. On an error nothing was written,
    /// unless it is [`StoreError::Unknown`].
    fn commit(&mut self, sets: Vec<WorkingSet>) -> Result<()>;
    /// Lets go of what was loaded without writing anything.
    fn abandon(&mut self);
}
