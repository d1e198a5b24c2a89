//! `POST /card/submerchant/update`. WeChat manual: "第三方代制" (cards for sub-merchants).

use super::{SubMerchantReply, info, merchant_id, missing_paper};
use crate::http::params::Params;
use crate::http::{Answer, Call};
use crate::media::show;
use kaquan_core::error::Result;
use kaquan_core::sub_merchant::UpdateSubMerchant;

/// As `submit`, with `merchant_id` in `info`.
pub async fn handle(call: Call) -> Result<Answer> {
    let filed = Params(call.params().object("info")?);
    let merchant_id = merchant_id(filed, "m_data.info().merchant_id")?;
    let info = info(filed)?;
    let update = UpdateSubMerchant {
        merchant_id,
        missing_paper: missing_paper(&call, &info).await?,
        info,
        own_pictures: show::urls(&call.state.public_url),
    };
    let info = call.submit(update).await?;
    Answer::with(&SubMerchantReply { info })
}
