//! Sub-merchants (子商户): an app issues their cards in its own name. The app submits a sub-merchant, and a reviewer
//! approves it. Then a card may name it in `sub_merchant_info`.
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
use crate::value::check_uploaded;
use serde::{Deserialize, Serialize};

/// The data of a sub-merchant.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SubMerchantInfo {
    /// The name, at most 36 bytes.
    pub brand_name: String,
    /// The appid of its own account, at most 36 bytes; empty if there is none.
    pub app_id: String,
    /// The URL of the logo, at most 512 bytes.
    pub logo_url: String,
    /// The media id of the letter of authorisation, at most 64 bytes.
    pub protocol: String,
    /// The end of the authorisation, in Unix seconds.
    pub end_time: i64,
    /// The main category.
    pub primary_category_id: i64,
    /// The category within the main category.
    pub secondary_category_id: i64,
    /// The media id of a sole trader's licence, at most 64 bytes.
    pub agreement_media_id: String,
    /// The media id of a sole trader's identity document, at most 64 bytes.
    pub operator_media_id: String,
}

/// The result of a review. EXPIRED is never stored, because it depends on the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// The sub-merchant waits for review.
    Checking,
    /// Cards can name the sub-merchant.
    Approved,
    /// A reviewer refused the sub-merchant.
    Rejected,
}

/// A sub-merchant in its stored form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubMerchant {
    /// The submitted data.
    pub info: SubMerchantInfo,
    pub verdict: Verdict,
    /// When it was first submitted.
    pub created_at: Timestamp,
    /// When it was last submitted.
    pub updated_at: Timestamp,
}

impl Record for SubMerchant {
    const KIND: RecordKind = RecordKind::SubMerchant;
}

impl SubMerchant {
    /// The record key of a sub-merchant.
    pub fn key(merchant_id: i64) -> RecordKey {
        RecordKey::numbered::<SubMerchant>(merchant_id)
    }

    /// The `status` at `now`.
    pub fn status(&self, now: Timestamp) -> &'static str {
        match self.verdict {
            Verdict::Checking => "CHECKING",
            Verdict::Rejected => "REJECTED",
            Verdict::Approved if self.info.end_time < now.0 => "EXPIRED",
            Verdict::Approved => "APPROVED",
        }
    }

    /// The sub-merchant, in the form of a reply.
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
    /// The appid of its own account; empty if there is none.
    pub app_id: String,
    /// When it was first submitted, in Unix seconds.
    pub create_time: Timestamp,
    /// When it was last submitted, in Unix seconds.
    pub update_time: Timestamp,
    /// Name.
    pub brand_name: String,
    /// The URL of the logo.
    pub logo_url: String,
    /// One of [`STATUSES`].
    pub status: String,
    /// The beginning of the authorisation, in Unix seconds.
    pub begin_time: Timestamp,
    /// The end of the authorisation, in Unix seconds.
    pub end_time: i64,
    /// The main category.
    pub primary_category_id: i64,
    /// The category within the main category.
    pub secondary_category_id: i64,
}

/// The longest `media_id` of a paper in bytes: that of temporary media. The manual says 36.
const PAPER_MAX: usize = 64;
/// All statuses.
pub const STATUSES: [&str; 4] = ["CHECKING", "APPROVED", "REJECTED", "EXPIRED"];

/// The error for a sub-merchant that does not exist.
pub fn unknown(merchant_id: i64) -> Error {
    let reason = format!("no sub-merchant {merchant_id}");
    Error::field(ErrCode::InvalidSubMerchantId, "merchant_id", reason)
}

/// # Errors
///
/// 40007 if the papers include one that is no temporary image, or has expired.
fn check_paper(missing: Option<&str>) -> Result<()> {
    let reason = "is no image of media/upload that is younger than 3 days";
    missing.map_or(Ok(()), |field| Err(Error::field(ErrCode::InvalidMediaId, field, reason)))
}

impl SubMerchantInfo {
    /// The papers that are given, each with its field and its `media_id`.
    pub fn papers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let papers = [
            ("info.protocol", self.protocol.as_str()),
            ("info.agreement_media_id", self.agreement_media_id.as_str()),
            ("info.operator_media_id", self.operator_media_id.as_str()),
        ];
        papers.into_iter().filter(|(_, media_id)| !media_id.is_empty())
    }

    /// Checks the submitted data. `own_pictures` is the prefix of the URLs of pictures that were uploaded to this
    /// server.
    ///
    /// # Errors
    ///
    /// In this order: 52019 the name is missing. Then, in the order of the fields, 41011 a required text is missing,
    /// 47001 a text has control characters, and 45021 a text is too long. Then 1 an original id (`gh_…`) instead of an
    /// appid; 52000 a logo that was uploaded neither to this server nor to WeChat; 41011 a required number is missing;
    /// 40079 the authorisation has expired; 45160 an unknown category.
    pub fn check(&self, own_pictures: &str, now: Timestamp) -> Result<()> {
        if self.brand_name.is_empty() {
            return Err(Error::field(ErrCode::BrandNameEmpty, "info.brand_name", "is missing"));
        }
        for (field, text, max, required) in [
            ("brand_name", &self.brand_name, 36, true),
            ("app_id", &self.app_id, 36, false),
            ("logo_url", &self.logo_url, PICTURE_MAX, true),
            ("protocol", &self.protocol, PAPER_MAX, true),
            ("agreement_media_id", &self.agreement_media_id, PAPER_MAX, false),
            ("operator_media_id", &self.operator_media_id, PAPER_MAX, false),
        ] {
            if required && text.is_empty() {
                return Err(Error::missing(format!("m_data.info().{field}")));
            }
            text::line(&format!("info.{field}"), text, max)?;
        }
        if self.app_id.starts_with("gh_") {
            return Err(Error::field(ErrCode::NoText, "info.app_id", "is an original id, not an app id"));
        }
        check_uploaded("info.logo_url", &self.logo_url, own_pictures)?;
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
            return Err(Error::field(ErrCode::InvalidTime, "info.end_time", "must be in the future"));
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
