//! The common part of the four reports: the range of days, the check that they are closed, and the stored rows.

use crate::http::Call;
use crate::http::params::Params;
use crate::state::{State, expensive, query};
use kaquan_core::engine::{Keys, Query, WorkingSet};
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::{AppId, CardId};
use kaquan_core::stats::{CardFacts, DateRange, DayRow, Scope};
use kaquan_core::time::Timestamp;
use kaquan_store::Store;

/// The days of a report request.
pub fn range(call: &Call, params: Params<'_>) -> Result<DateRange> {
    DateRange::read(params.0.get("begin_date"), params.0.get("end_date"), call.state.clock.now().day())
}

/// The rows of these days: of one scope, or of every card.
///
/// # Errors
///
/// 61503 while a day of the range has events that are not folded yet.
pub async fn rows(state: &State, app: AppId, range: DateRange, scope: Option<Scope>) -> Result<Vec<DayRow>> {
    let today = state.clock.now().day();
    let rows = expensive(state, app, move |store: &dyn Store| -> Result<Option<Vec<DayRow>>> {
        let due = store.due_days(app, today)?;
        if due.iter().any(|day| (range.from..=range.to).contains(day)) {
            return Ok(None);
        }
        Ok(Some(store.day_rows(app, range.from, range.to, scope)?))
    });
    rows.await?.ok_or_else(|| {
        state.close_days.notify_one();
        Error::field(ErrCode::DataNotReady, "end_date", "a day of the range is still being closed")
    })
}

/// The facts about the app's cards that the reports need.
pub async fn cards(state: &State, app: AppId) -> Result<Vec<CardFacts>> {
    expensive(state, app, move |store| store.cards(app))
        .await
        .map(|cards| cards.iter().map(CardFacts::from).collect())
}

/// The same facts about one card; `None` for an unknown card.
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
