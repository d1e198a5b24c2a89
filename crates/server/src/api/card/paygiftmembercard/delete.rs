//! `POST /card/paygiftmembercard/delete`. WeChat manual: "支付即会员" (members by payment).

use crate::api::card::paygiftcard::{FailedMchid, MchidName, MchidsReply, mchids};
use crate::http::{Answer, Call};
use kaquan_core::error::{ErrCode, Result};
use kaquan_core::pay_gift::ReleaseMchids;

/// `{"card_id", "mchid_list"}` answers a [`MchidsReply`]. The call fails for a pay merchant without a rule for this
/// card.
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let card_id = params.card_id()?;
    let (mchids, invalid) = mchids(params)?;
    let without = call.submit(ReleaseMchids { card_id, mchids: mchids.clone() }).await?;
    let freed = mchids.into_iter().filter(|mchid| !without.contains(mchid)).map(MchidName).collect();
    let names = without.iter().map(|mchid| mchid.0.to_string()).chain(invalid);
    let failed = names.map(|name| FailedMchid::of(name, ErrCode::InvalidMchid)).collect();
    Answer::with(&MchidsReply { fail_mchid_list: failed, succ_mchid_list: freed })
}
