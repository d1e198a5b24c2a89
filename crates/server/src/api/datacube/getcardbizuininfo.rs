//! `POST /datacube/getcardbizuininfo`. WeChat manual: "卡券数据接口", totals of all coupons.

use super::reading;
use crate::http::{Answer, Call};
use kaquan_core::error::Result;
use kaquan_core::stats::report::{self, Report};
use kaquan_core::stats::{Scope, cond_source};

/// `{"begin_date", "end_date", "cond_source"}` answers a [`Report`] with a
/// [`BizUinRow`](kaquan_core::stats::BizUinRow) for each day.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let app = call.app_id()?;
    let range = reading::range(&call, params)?;
    let source = cond_source(params.value("cond_source"))?;
    let rows = reading::rows(&call.state, app, range, Scope::Coupons(source)).await?;
    Answer::bare(&Report { list: report::biz_uin_info(&rows, source) })
}
