//! Sub-merchants (子商户): an app issues their cards in its own name. The app files them and a reviewer approves them. A
//! card may then name one in `sub_merchant_info`.
//!
//! WeChat manual: "第三方代制" (cards for sub-merchants).

mod category;
mod review;
mod submit;
mod update;

pub use category::{CATEGORIES, Primary};
pub use review::ReviewSubMerchant;
pub use submit::SubmitSubMerchant;
pub use update::UpdateSubMerchant;

use crate::card::PICTURE_MAX;
use crate::engine::{Record, RecordKey, RecordKind};
use crate::error::{ErrCode, Error, Result};
use crate::text;
use crate::time::Timestamp;
use crate::value::is_web_address;
use serde::{Deserialize, Serialize};

/// The data of a sub-merchant.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SubMerchantInfo {
    /// Name, at most 36 bytes.
    pub brand_name: String,
    /// Its own account, at most 36 bytes; empty for none.
    pub app_id: String,
    /// Logo, at most 512 bytes.
    pub logo_url: String,
    /// The letter of authorisation, by media id, at most 36 bytes.
    pub protocol: String,
    /// End of the authorisation, Unix seconds.
    pub end_time: i64,
    /// Main category.
    pub primary_category_id: i64,
    /// Category within it.
    pub secondary_category_id: i64,
    /// A sole trader's licence, by media id, at most 36 bytes.
    pub agreement_media_id: String,
    /// A sole trader's identity, by media id, at most 36 bytes.
    pub operator_media_id: String,
}

/// The verdict on a sub-merchant. EXPIRED is never stored: it follows from the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// Waits for review.
    Checking,
    /// Can be named by cards.
    Approved,
    /// Refused.
    Rejected,
}

/// A sub-merchant as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubMerchant {
    /// The filed data.
    pub info: SubMerchantInfo,
    pub verdict: Verdict,
    /// When it was filed.
    pub created_at: Timestamp,
    /// When it was last filed again.
    pub updated_at: Timestamp,
}

impl Record for SubMerchant {
    const KIND: RecordKind = RecordKind::SubMerchant;
}

impl SubMerchant {
    /// The key of a sub-merchant.
    pub fn key(merchant_id: i64) -> RecordKey {
        RecordKey::numbered::<SubMerchant>(merchant_id)
    }

    /// Its `status` at `now`.
    pub fn status(&self, now: Timestamp) -> &'static str {
        match self.verdict {
            Verdict::Checking => "CHECKING",
            Verdict::Rejected => "REJECTED",
            Verdict::Approved if self.info.end_time < now.0 => "EXPIRED",
            Verdict::Approved => "APPROVED",
        }
    }

    /// The sub-merchant in a reply.
    pub fn shown(&self, merchant_id: i64, now: Timestamp) -> ShownSubMerchant {
        ShownSubMerchant {
            merchant_id,
            app_id: self.info.app_id.clone(),
            create_time: self.created_at,
            update_time: self.updated_at,
            brand_name: self.info.brand_name.clone(),
            logo_url: self.info.logo_url.clone(),
            status: self.status(now).to_owned(),
            begin_time: self.created_at,
            end_time: self.info.end_time,
            primary_category_id: self.info.primary_category_id,
            secondary_category_id: self.info.secondary_category_id,
        }
    }
}

/// A sub-merchant in a reply: `info`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownSubMerchant {
    /// The number of the sub-merchant.
    pub merchant_id: i64,
    /// Its own account; empty for none.
    pub app_id: String,
    /// When it was filed, Unix seconds.
    pub create_time: Timestamp,
    /// When it was last filed again, Unix seconds.
    pub update_time: Timestamp,
    /// Name.
    pub brand_name: String,
    /// Address of the logo.
    pub logo_url: String,
    /// One of [`STATUSES`].
    pub status: String,
    /// Begin of the authorisation, Unix seconds.
    pub begin_time: Timestamp,
    /// End of the authorisation, Unix seconds.
    pub end_time: i64,
    /// Main category.
    pub primary_category_id: i64,
    /// Category within it.
    pub secondary_category_id: i64,
}

/// Every status there is.
pub const STATUSES: [&str; 4] = ["CHECKING", "APPROVED", "REJECTED", "EXPIRED"];

/// The refusal for a sub-merchant that is not there.
pub fn unknown(merchant_id: i64) -> Error {
    let reason = format!("no sub-merchant {merchant_id}");
    Error::field(ErrCode::InvalidSubMerchantId, "merchant_id", reason)
}

impl SubMerchantInfo {
    /// Checks what is filed. `own_pictures` is how the addresses of pictures begin that were uploaded here.
    ///
    /// # Errors
    ///
    /// In this order: 52019 no name; 41011 another required text missing, and 45021 one that is too long, in the
    /// order of the fields; 1 an original id (`gh_…`) in place of an app id; 52000 a logo that is neither uploaded
    /// here nor WeChat's; 41011 a required number missing; 40079 an expired authorisation; 45160 an unknown category.
    pub fn check(&self, own_pictures: &str, now: Timestamp) -> Result<()> {
        if self.brand_name.is_empty() {
            return Err(Error::field(ErrCode::BrandNameEmpty, "info.brand_name", "is missing"));
        }
        for (field, text, max, required) in [
            ("brand_name", &self.brand_name, 36, true),
            ("app_id", &self.app_id, 36, false),
            ("logo_url", &self.logo_url, PICTURE_MAX, true),
            ("protocol", &self.protocol, 36, true),
            ("agreement_media_id", &self.agreement_media_id, 36, false),
            ("operator_media_id", &self.operator_media_id, 36, false),
        ] {
            if required && text.is_empty() {
                return Err(Error::missing(format!("m_data.info().{field}")));
            }
            text::line(&format!("info.{field}"), text, max)?;
        }
        if self.app_id.starts_with("gh_") {
            return Err(Error::field(ErrCode::NoText, "info.app_id", "is an original id, not an app id"));
        }
        if !self.logo_url.starts_with(own_pictures) && !is_wechats_picture(&self.logo_url) {
            let reason = "is neither uploaded with media/uploadimg nor at mmbiz.*";
            return Err(Error::field(ErrCode::PicNotFromCdn, "info.logo_url", reason));
        }
        for (field, number) in [
            ("end_time", self.end_time),
            ("primary_category_id", self.primary_category_id),
            ("secondary_category_id", self.secondary_category_id),
        ] {
            if number == 0 {
                return Err(Error::missing(format!("m_data.info().{field}")));
            }
        }
        if self.end_time < now.0 {
            return Err(Error::field(ErrCode::InvalidTime, "info.end_time", "already over"));
        }
        match category::exists(self.primary_category_id, self.secondary_category_id) {
            true => Ok(()),
            false => Err(Error::field(
                ErrCode::InvalidCardCategory,
                "info.secondary_category_id",
                "is not among those of getapplyprotocol",
            )),
        }
    }
}

/// Whether a picture lies where WeChat keeps uploaded ones: a host such as `mmbiz.qpic.cn`.
fn is_wechats_picture(url: &str) -> bool {
    is_web_address(url) && url.split_once("://").is_some_and(|(_, rest)| rest.starts_with("mmbiz."))
}
