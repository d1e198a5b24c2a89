//! `/card/submerchant`: other merchants whose cards an app issues.

pub mod batchget;
pub mod get;
pub mod submit;
pub mod update;

use crate::http::Call;
use crate::http::params::Params;
use crate::media::temporary;
use crate::state::blocking;
use kaquan_core::error::{Error, Result};
use kaquan_core::sub_merchant::{ShownSubMerchant, SubMerchantInfo};
use serde::Serialize;

/// The reply of every call for one sub-merchant.
#[derive(Debug, Serialize)]
struct SubMerchantReply {
    /// The sub-merchant.
    info: ShownSubMerchant,
}

/// Reads the application of a sub-merchant from `info`. Missing members are empty or 0.
fn info(info: Params<'_>) -> Result<SubMerchantInfo> {
    let text = |key: &str| info.text(key).map(Option::unwrap_or_default);
    let number = |key: &str| info.int(key).map(Option::unwrap_or_default);
    Ok(SubMerchantInfo {
        brand_name: text("brand_name")?,
        app_id: text("app_id")?,
        logo_url: text("logo_url")?,
        protocol: text("protocol")?,
        end_time: number("end_time")?,
        primary_category_id: number("primary_category_id")?,
        secondary_category_id: number("secondary_category_id")?,
        agreement_media_id: text("agreement_media_id")?,
        operator_media_id: text("operator_media_id")?,
    })
}

/// The field of the first paper that is not a temporary image or has expired.
async fn missing_paper(call: &Call, info: &SubMerchantInfo) -> Result<Option<&'static str>> {
    let (app, now) = (call.app_id()?, call.state.clock.now());
    let papers: Vec<_> = info.papers().map(|(field, media_id)| (field, media_id.to_owned())).collect();
    blocking(&call.state, move |store| -> Result<_> {
        for (field, media_id) in papers {
            if !store.temporary_media_format(app, &media_id, now)?.is_some_and(temporary::is_image) {
                return Ok(Some(field));
            }
        }
        Ok(None)
    })
    .await
}

/// Reads `merchant_id`, a number or a text.
pub fn merchant_id(params: Params<'_>, accessor: &str) -> Result<i64> {
    params.int("merchant_id")?.ok_or_else(|| Error::missing(accessor))
}
