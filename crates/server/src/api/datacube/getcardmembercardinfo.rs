//! `POST /datacube/getcardmembercardinfo`. WeChat manual: "卡券数据接口", totals of all member cards.

use super::reading;
use crate::http::{Answer, Call};
use kaquan_core::error::Result;
use kaquan_core::stats::report::{self, Report};
use kaquan_core::stats::{Scope, cond_source};

/// `{"begin_date", "end_date", "cond_source"}` answers a [`Report`] with a
/// [`MemberCardsRow`](kaquan_core::stats::MemberCardsRow) for each day.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let app = call.app_id()?;
    let range = reading::range(&call, params)?;
    let source = cond_source(params.value("cond_source"))?;
    let rows = reading::rows(&call.state, app, range, Scope::Members(source)).await?;
    Answer::bare(&Report { list: report::member_card_info(&rows, source) })
}
