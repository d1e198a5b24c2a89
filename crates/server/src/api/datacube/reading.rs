//! The common part of the four reports: the range of days, the check that all days are closed, and the stored rows.

use crate::http::Call;
use crate::http::params::Params;
use crate::state::{State, expensive, page, query};
use kaquan_core::card::Source;
use kaquan_core::engine::{Keys, Query, WorkingSet};
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::{AppId, CardId};
use kaquan_core::stats::report::{CouponList, TypeNumbering};
use kaquan_core::stats::{CardFacts, CardRow, DateRange, DayRow, Scope};
use kaquan_core::time::{Day, Timestamp};
use kaquan_store::{CardHead, Store};
use std::sync::Arc;

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

/// The rows of every coupon of a source on these days. A page has whole days.
///
/// One statement reads a page. The rows of a closed day change only when the day is closed again, in one transaction.
/// So a day never has a mixture of old and new rows.
#[derive(Debug)]
pub struct CouponDays {
    state: State,
    app: AppId,
    coupons: Arc<CouponList>,
    /// The first day that is not read yet.
    next: Day,
    to: Day,
    days_per_page: i32,
}

/// Rows of a page at most, unless a single day has more.
const ROWS_PER_PAGE: usize = 2_048;

impl CouponDays {
    /// Checks that the days are closed, and loads the list of cards.
    ///
    /// # Errors
    ///
    /// 61503 if a day of the range has events that are not folded yet.
    pub async fn begin(state: &State, app: AppId, range: DateRange, source: Source) -> Result<CouponDays> {
        let today = state.clock.now().day();
        // Refused if too much work of the app is waiting. The reads of later pages wait instead.
        let heads = expensive(state, app, move |store: &dyn Store| -> Result<Option<Vec<CardHead>>> {
            if is_due(store, app, today, range)? {
                return Ok(None);
            }
            Ok(Some(store.card_heads(app)?))
        });
        let heads = heads.await?.ok_or_else(|| not_ready(state))?.into_iter();
        let listed =
            heads.filter(|head| head.source == source).map(|head| (head.no, head.id, head.card_type));
        let coupons = Arc::new(CouponList::new(listed, TypeNumbering::Documented));
        let days = ROWS_PER_PAGE / coupons.len().max(1);
        let days_per_page = i32::try_from(days).unwrap_or(i32::MAX).clamp(1, range.len());
        Ok(CouponDays { state: state.clone(), app, coupons, next: range.from, to: range.to, days_per_page })
    }

    /// The rows of the next page, in the order of the report; no rows after the last day.
    pub async fn next_page(&mut self) -> Result<Vec<DayRow>> {
        let mut rows = Vec::new();
        while rows.is_empty() && self.next <= self.to && !self.coupons.is_empty() {
            let (app, from, to) = (self.app, self.next, self.to.min(self.next.plus(self.days_per_page - 1)));
            let coupons = self.coupons.clone();
            let read = page(&self.state, app, move |store: &dyn Store| -> Result<Vec<DayRow>> {
                let mut rows = store.card_rows(app, from, to, &|row| coupons.row(row).is_some())?;
                coupons.sort(&mut rows);
                Ok(rows)
            });
            rows = read.await?;
            self.next = to.plus(1);
        }
        Ok(rows)
    }

    /// The row in the form of the wire.
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
