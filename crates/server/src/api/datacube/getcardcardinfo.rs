//! `POST /datacube/getcardcardinfo`. WeChat manual: "卡券数据接口", coupons one by one.

use super::reading;
use crate::http::{Answer, Call};
use kaquan_core::error::Result;
use kaquan_core::stats::report::{self, Report, TypeNumbering};
use kaquan_core::stats::{Scope, cond_source};

/// `{"begin_date", "end_date", "cond_source", "card_id"?}` answers a [`Report`] with a
/// [`CardRow`](kaquan_core::stats::CardRow) per day and card. An unknown card has no rows.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let app = call.app_id()?;
    let range = reading::range(&call, params)?;
    let source = cond_source(params.value("cond_source"))?;
    let only = params.optional_card_id()?;
    let (cards, rows) = match &only {
        None => {
            (reading::cards(&call.state, app).await?, reading::rows(&call.state, app, range, None).await?)
        }
        Some(card_id) => match reading::card(&call.state, app, card_id.clone()).await? {
            Some(card) => {
                let rows = reading::rows(&call.state, app, range, Some(Scope::Card(card.no))).await?;
                (vec![card], rows)
            }
            None => Default::default(),
        },
    };
    let list = report::card_info(&rows, &cards, source, only.as_ref(), TypeNumbering::Documented);
    Answer::bare(&Report { list })
}
