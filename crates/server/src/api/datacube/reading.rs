//! The common part of the four reports: the range of days, the check that all days are closed, and the stored rows.

use crate::http::Call;
use crate::http::params::Params;
use crate::state::{State, expensive, query};
use kaquan_core::card::Source;
use kaquan_core::engine::{Keys, Query, WorkingSet};
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::{AppId, CardId, CardNo};
use kaquan_core::stats::report::{CouponList, TypeNumbering};
use kaquan_core::stats::{CardFacts, CardRow, DateRange, DayRow, Scope, StoreRow};
use kaquan_core::time::{Day, Timestamp};
use kaquan_store::{CardHead, Store};

/// The days of a report request.
pub fn range(call: &Call, params: Params<'_>) -> Result<DateRange> {
    DateRange::read(params.0.get("begin_date"), params.0.get("end_date"), call.state.clock.now().day())
}

/// The rows of one scope on these days: at most one for each day.
///
/// # Errors
///
/// 61503 if a day of the range has events that are not folded yet.
pub async fn rows(state: &State, app: AppId, range: DateRange, scope: Scope) -> Result<Vec<DayRow>> {
    let today = state.clock.now().day();
    let rows = expensive(state, app, move |store: &dyn Store| -> Result<Option<Vec<DayRow>>> {
        if is_due(store, app, today, range)? {
            return Ok(None);
        }
        Ok(Some(store.day_rows(app, range.from, range.to, Some(scope))?))
    });
    rows.await?.ok_or_else(|| not_ready(state))
}

/// The sums of these days by store.
///
/// # Errors
///
/// 61503 if a day of the range has events that are not folded yet.
pub async fn sums_of_stores(state: &State, app: AppId, range: DateRange) -> Result<Vec<StoreRow>> {
    let today = state.clock.now().day();
    let rows = expensive(state, app, move |store: &dyn Store| -> Result<Option<Vec<StoreRow>>> {
        if is_due(store, app, today, range)? {
            return Ok(None);
        }
        Ok(Some(store.sums_of_stores(app, range.from, range.to)?))
    });
    rows.await?.ok_or_else(|| not_ready(state))
}

/// The rows of every coupon of a source on these days, some rows at a time.
///
/// Every row belongs to a closed day. The rows of a day come from a single closing: if the day is closed again with
/// other events while its rows are read, the next read fails.
#[derive(Debug)]
pub struct CouponDays {
    app: AppId,
    coupons: CouponList,
    /// The day that is read.
    day: Day,
    /// The number of events with which `day` was closed.
    events: u64,
    /// The cards of `day` whose rows are not read yet, in reverse order of the report.
    left: Vec<CardNo>,
    /// The first day that is not begun.
    next: Day,
    to: Day,
}

/// Rows that are read at once.
const ROWS_AT_ONCE: usize = 128;
/// Days that are begun at once: on most days of most apps, few cards have rows.
const DAYS_AT_ONCE: usize = 8;

impl CouponDays {
    /// Checks that the days are closed, and loads the list of cards.
    ///
    /// # Errors
    ///
    /// 61503 if a day of the range has events that are not folded yet.
    pub async fn begin(state: &State, app: AppId, range: DateRange, source: Source) -> Result<CouponDays> {
        let today = state.clock.now().day();
        // This read is refused if too much work of the app is waiting. Later reads wait instead.
        let heads = expensive(state, app, move |store: &dyn Store| -> Result<Option<Vec<CardHead>>> {
            if is_due(store, app, today, range)? {
                return Ok(None);
            }
            Ok(Some(store.card_heads(app)?))
        });
        let heads = heads.await?.ok_or_else(|| not_ready(state))?.into_iter();
        let listed =
            heads.filter(|head| head.source == source).map(|head| (head.no, head.id, head.card_type));
        let coupons = CouponList::new(listed, TypeNumbering::Documented);
        let (day, events, left) = (range.from, 0, Vec::new());
        Ok(CouponDays { app, coupons, day, events, left, next: range.from, to: range.to })
    }

    /// The next rows in the order of the report, maybe none; `None` after the last day. The call may block.
    ///
    /// # Errors
    ///
    /// -1 when the store fails, or a day was closed again between two reads of its rows.
    pub fn next_rows(&mut self, store: &dyn Store) -> Result<Option<Vec<DayRow>>> {
        let mut rows = Vec::new();
        let mut begun = 0;
        while rows.len() < ROWS_AT_ONCE {
            if self.left.is_empty() {
                if self.next > self.to {
                    return Ok((begun > 0 || !rows.is_empty()).then_some(rows));
                }
                if begun == DAYS_AT_ONCE {
                    break;
                }
                begun += 1;
                self.begin_day(store)?;
                continue;
            }
            let at = self.left.len().saturating_sub(ROWS_AT_ONCE - rows.len());
            let cards = self.left.split_off(at);
            let mut read = store.rows_of_cards(self.app, self.day, self.events, &cards)?;
            if read.len() < cards.len() {
                return Err(Error::internal(format!("{} was closed again while it was read", self.day)));
            }
            self.coupons.sort(&mut read);
            rows.append(&mut read);
        }
        Ok(Some(rows))
    }

    /// Reads which cards have a row on the next day.
    fn begin_day(&mut self, store: &dyn Store) -> Result<()> {
        (self.day, self.next) = (self.next, self.next.plus(1));
        if self.coupons.is_empty() {
            self.next = self.to.plus(1);
            return Ok(());
        }
        if let Some((events, cards)) = store.cards_of_day(self.app, self.day)? {
            (self.events, self.left) = (events, self.coupons.in_order(cards));
            self.left.reverse();
        }
        Ok(())
    }

    /// The row in the form of the reply.
    pub fn row(&self, row: &DayRow) -> Option<CardRow> {
        self.coupons.row(row)
    }
}

fn is_due(store: &dyn Store, app: AppId, today: Day, range: DateRange) -> Result<bool> {
    Ok(store.due_days(app, today)?.iter().any(|day| (range.from..=range.to).contains(day)))
}

fn not_ready(state: &State) -> Error {
    state.close_days.notify_one();
    Error::field(ErrCode::DataNotReady, "end_date", "a day of the range is still being closed")
}

/// The facts about one card that the reports need; `None` if the card does not exist.
pub async fn card(state: &State, app: AppId, card_id: CardId) -> Result<Option<CardFacts>> {
    query(state, app, FactsOf { card_id }).await
}

/// Looks up the facts about a card.
#[derive(Debug)]
struct FactsOf {
    card_id: CardId,
}

impl Query for FactsOf {
    type Reply = Option<CardFacts>;

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.insert(self.card_id.clone());
    }

    fn run(&self, ws: &WorkingSet, _: Timestamp) -> Result<Option<CardFacts>> {
        Ok(ws.card_by_id(&self.card_id)?.map(CardFacts::from))
    }
}
