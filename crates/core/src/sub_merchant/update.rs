//! Submits a sub-merchant again: `POST /card/submerchant/update`. WeChat manual: "第三方代制" (cards for sub-merchants).

use super::review::enter_review;
use super::{ShownSubMerchant, SubMerchant, SubMerchantInfo, Verdict, check_paper, unknown};
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::Result;
use crate::time::Timestamp;

/// Replaces the data of a sub-merchant, which goes back to review. Returns the value of `info`.
///
/// # Errors
///
/// In this order: 40139 no such sub-merchant; the errors of [`SubMerchantInfo::check`]; 40007 a paper that is no
/// temporary image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateSubMerchant {
    /// The number of the sub-merchant.
    pub merchant_id: i64,
    /// The new data.
    pub info: SubMerchantInfo,
    /// The prefix of the URLs of pictures that were uploaded to this server.
    pub own_pictures: String,
    /// The field of a paper that is no temporary image, or has expired.
    pub missing_paper: Option<&'static str>,
}

impl Command for UpdateSubMerchant {
    type Reply = ShownSubMerchant;

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.records.insert(SubMerchant::key(self.merchant_id));
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<ShownSubMerchant> {
        let before: SubMerchant = ws
            .find_record(&SubMerchant::key(self.merchant_id), now)?
            .ok_or_else(|| unknown(self.merchant_id))?;
        self.info.check(&self.own_pictures, now)?;
        check_paper(self.missing_paper)?;
        let info = self.info.clone();
        let merchant = SubMerchant { info, verdict: Verdict::Checking, updated_at: now, ..before };
        enter_review(ws, self.merchant_id, merchant, now)
    }
}
