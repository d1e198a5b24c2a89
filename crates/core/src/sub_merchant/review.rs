//! Decides about sub-merchants that wait for review: `POST /kaquan/v1/submerchant/review`. In WeChat, its own
//! reviewers did this. Merchants got the decision as `card_merchant_check_result`.

use super::{ShownSubMerchant, SubMerchant, Verdict, unknown};
use crate::app::ReviewPolicy;
use crate::card::REASON_MAX;
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::NO_CARD;
use crate::text;
use crate::time::Timestamp;

/// Approves or refuses a sub-merchant that waits for review.
///
/// # Errors
///
/// In this order: 40139 no such sub-merchant; 40140 it does not wait for review; 45021 the reason is too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewSubMerchant {
    /// The sub-merchant.
    pub merchant_id: i64,
    /// `None` approves the sub-merchant; `Some` refuses it with this reason.
    pub refuse: Option<String>,
}

impl Command for ReviewSubMerchant {
    type Reply = ();

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.records.insert(SubMerchant::key(self.merchant_id));
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<()> {
        let merchant: SubMerchant = ws
            .find_record(&SubMerchant::key(self.merchant_id), now)?
            .ok_or_else(|| unknown(self.merchant_id))?;
        if merchant.verdict != Verdict::Checking {
            let reason = format!("{} does not wait for review", merchant.status(now));
            return Err(Error::field(ErrCode::InvalidSubMerchantStatus, "merchant_id", reason));
        }
        text::optional_lines("reason", self.refuse.as_deref(), REASON_MAX)?;
        decide(ws, self.merchant_id, merchant, self.refuse.clone(), now)
    }
}

/// Sends a sub-merchant to review. The app's policy may approve it at once. Returns the value of `info` from before
/// the approval.
pub(super) fn enter_review(
    ws: &mut WorkingSet,
    merchant_id: i64,
    merchant: SubMerchant,
    now: Timestamp,
) -> Result<ShownSubMerchant> {
    let shown = merchant.shown(merchant_id, now);
    match ws.app.review {
        ReviewPolicy::Auto => decide(ws, merchant_id, merchant, None, now)?,
        ReviewPolicy::Manual => ws.put_record(SubMerchant::key(merchant_id), &merchant)?,
    }
    Ok(shown)
}

fn decide(
    ws: &mut WorkingSet,
    merchant_id: i64,
    mut merchant: SubMerchant,
    refuse: Option<String>,
    now: Timestamp,
) -> Result<()> {
    merchant.verdict = if refuse.is_none() { Verdict::Approved } else { Verdict::Rejected };
    ws.put_record(SubMerchant::key(merchant_id), &merchant)?;
    let amount2 = i64::from(refuse.is_none());
    let event = Event::new(EventKind::SubMerchantReview, now, NO_CARD);
    ws.emit(Event { amount: merchant_id, amount2, detail: refuse, ..event });
    Ok(())
}
