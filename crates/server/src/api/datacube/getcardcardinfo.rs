//! `POST /datacube/getcardcardinfo`. WeChat manual: "卡券数据接口", the report by coupon. The report of all coupons can be
//! large, so it is written while the caller reads it.

use super::reading::{self, CouponDays};
use crate::http::answer::JSON;
use crate::http::large::{self, JsonList, LargeAnswer};
use crate::http::{Answer, Call};
use kaquan_core::error::Result;
use kaquan_core::stats::report::{self, Report, TypeNumbering};
use kaquan_core::stats::{Scope, cond_source};
use kaquan_store::Store;

/// `{"begin_date", "end_date", "cond_source", "card_id"?}` answers a [`Report`] with a
/// [`CardRow`](kaquan_core::stats::CardRow) for each day and card. An unknown card has no rows.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let app = call.app_id()?;
    let range = reading::range(&call, params)?;
    let source = cond_source(params.value("cond_source"))?;
    let Some(card_id) = params.optional_card_id()? else {
        let days = CouponDays::begin(&call.state, app, range, source).await?;
        let rows = CouponRows { days, list: JsonList::default() };
        let body = large::body(&call.state.access, app, br#"{"list":["#.to_vec(), rows).await?;
        return Ok(Answer::Stream(JSON, body));
    };
    let list = match reading::card(&call.state, app, card_id.clone()).await? {
        Some(card) => {
            let rows = reading::rows(&call.state, app, range, Scope::Card(card.no)).await?;
            report::card_info(&rows, &[card], source, Some(&card_id), TypeNumbering::Documented)
        }
        None => Vec::new(),
    };
    Answer::bare(&Report { list })
}

/// Writes the rows of all coupons in the form of a [`Report`].
struct CouponRows {
    days: CouponDays,
    list: JsonList,
}

impl LargeAnswer for CouponRows {
    fn piece(&mut self, store: &dyn Store, out: &mut Vec<u8>) -> Result<bool> {
        match self.days.next_rows(store)? {
            Some(rows) => {
                let mut rows = rows.iter().filter_map(|row| self.days.row(row));
                rows.try_for_each(|row| self.list.push(&row, out))?;
                Ok(true)
            }
            None => {
                out.extend_from_slice(b"]}");
                Ok(false)
            }
        }
    }
}
