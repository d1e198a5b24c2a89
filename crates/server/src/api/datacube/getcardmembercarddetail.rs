//! `POST /datacube/getcardmembercarddetail`. WeChat manual: "卡券数据接口", one member card.

use super::reading;
use crate::http::{Answer, Call};
use kaquan_core::error::Result;
use kaquan_core::stats::Scope;
use kaquan_core::stats::report::{self, Report};

/// `{"begin_date", "end_date", "card_id"}` answers a [`Report`] with a
/// [`MemberCardRow`](kaquan_core::stats::MemberCardRow) for each day. An unknown card has no rows; other cards than
/// member cards have none either.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let app = call.app_id()?;
    let range = reading::range(&call, params)?;
    let card_id = params.card_id()?;
    let list = match reading::card(&call.state, app, card_id).await? {
        Some(card) => {
            let rows = reading::rows(&call.state, app, range, Scope::Card(card.no)).await?;
            report::member_card_detail(&rows, &card)
        }
        None => Vec::new(),
    };
    Answer::bare(&Report { list })
}
