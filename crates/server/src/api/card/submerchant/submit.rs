//! `POST /card/submerchant/submit`. WeChat manual: "第三方代制" (cards for sub-merchants).

use super::{SubMerchantReply, info, missing_paper};
use crate::http::params::Params;
use crate::http::{Answer, Call};
use crate::media::show;
use kaquan_core::error::Result;
use kaquan_core::sub_merchant::SubmitSubMerchant;

/// `{"info": {"brand_name", "app_id"?, "logo_url", "protocol", "end_time", …}}` answers a [`SubMerchantReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let info = info(Params(call.params().object("info")?))?;
    let own_pictures = show::urls(&call.state.public_url);
    let missing_paper = missing_paper(&call, &info).await?;
    let info = call.submit(SubmitSubMerchant { info, own_pictures, missing_paper }).await?;
    Answer::with(&SubMerchantReply { info })
}
