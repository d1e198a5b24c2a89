//! `POST /card/batchget`. WeChat manual: "管理卡券" (manage cards), list cards.

use crate::http::{Answer, Call};
use crate::state::blocking;
use kaquan_core::card::CardStatus;
use kaquan_core::error::{ErrCode, Error, Result};
use kaquan_core::id::CardId;
use serde::Serialize;
use serde_json::Value;

/// The largest `count`.
const COUNT_MAX: i64 = 50;

/// `{"offset", "count", "status_list"?}` answers a [`CardIdsReply`]. With no statuses or an empty list, it contains
/// every card that is not deleted.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let offset = params.int("offset")?.unwrap_or(0);
    let count = params.int("count")?.ok_or_else(|| Error::missing("count"))?;
    if offset < 0 {
        return Err(Error::field(ErrCode::InvalidArgs, "offset", "must not be negative"));
    }
    if !(1..=COUNT_MAX).contains(&count) {
        return Err(Error::field(ErrCode::InvalidArgs, "count", format!("must be 1 to {COUNT_MAX}")));
    }
    let given =
        params.value("status_list").filter(|list| list.as_array().is_none_or(|names| !names.is_empty()));
    let statuses = given.map(statuses).transpose()?;
    let app = call.app_id()?;
    let (state, offset, count) = (call.state.clone(), offset.unsigned_abs(), count.unsigned_abs());
    let page = move |store: &dyn kaquan_store::Store| {
        state.card_lists.page(store, app, statuses.as_deref(), offset, count)
    };
    let (ids, total) = blocking(&call.state, page).await?;
    Answer::with(&CardIdsReply { card_id_list: ids, total_num: total, card_list: [] })
}

/// The reply of `/card/batchget`.
#[derive(Debug, Serialize)]
struct CardIdsReply {
    /// The ids of the cards of this page, the oldest card first.
    card_id_list: Vec<CardId>,
    /// The number of matching cards on all pages.
    total_num: u64,
    /// Always empty, as in WeChat's replies.
    card_list: [(); 0],
}

/// Reads the names of statuses: a list, or one name without brackets. An unknown name matches no card.
fn statuses(value: &Value) -> Result<Vec<CardStatus>> {
    let names: Vec<&Value> = match value {
        Value::Array(names) => names.iter().collect(),
        name => vec![name],
    };
    let mut statuses = Vec::new();
    for name in names {
        let name = name
            .as_str()
            .ok_or_else(|| Error::field(ErrCode::DataFormat, "status_list", "must be a list of names"))?;
        statuses.extend(CardStatus::from_wire(name));
    }
    Ok(statuses)
}
