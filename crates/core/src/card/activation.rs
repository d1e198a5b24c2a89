//! How a member card becomes active. A card may ask for several ways at once; one of them counts: by itself, then by
//! the merchant's own page, then by WeChat's form. WeChat manual: "创建会员卡" (member cards), activation.

use crate::card::{Card, CodeMode, Object};
use crate::error::{ErrCode, Error, Result};
use serde_json::Value;

/// The way a member card becomes active.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// By itself when it is claimed.
    Auto,
    /// By the merchant, on a page of the merchant.
    Merchant,
    /// By its form, as soon as that is filled in.
    Form,
    /// By the merchant, who gets what was filled in.
    FormThenMerchant,
}

impl Activation {
    /// The way that a member card's document asks for.
    pub fn of(section: &Object) -> Activation {
        let on = |key: &str| section.get(key).and_then(Value::as_bool).unwrap_or(false);
        let link = |key: &str| section.get(key).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
        if on("auto_activate") {
            Activation::Auto
        } else if link("activate_url") || link("activate_app_brand_user_name") || !on("wx_activate") {
            Activation::Merchant
        } else if on("wx_activate_after_submit") {
            Activation::FormThenMerchant
        } else {
            Activation::Form
        }
    }

    /// Whether a form activates it.
    pub const fn has_form(self) -> bool {
        matches!(self, Activation::Form | Activation::FormThenMerchant)
    }
}

/// Where a holder goes after the form, for cards that the merchant activates then.
pub fn after_submit_url(section: &Object) -> Option<&str> {
    section.get("wx_activate_after_submit_url").and_then(Value::as_str).filter(|url| !url.is_empty())
}

/// A card that sends its holders to another page after the form must name that page.
///
/// # Errors
///
/// 41011 without an address; 40097 for one that is not http.
pub fn check_after_submit(section: &Object) -> Result<()> {
    const FIELD: &str = "wx_activate_after_submit_url";
    if Activation::of(section) != Activation::FormThenMerchant {
        return Ok(());
    }
    match after_submit_url(section) {
        None => Err(Error::missing(format!("m_data.{FIELD}"))),
        Some(url) if url.starts_with("http://") || url.starts_with("https://") => Ok(()),
        Some(_) => Err(Error::field(ErrCode::InvalidArgs, FIELD, "must begin with http:// or https://")),
    }
}

/// The way a card with a form becomes active.
///
/// # Errors
///
/// 40071 not a member card; 72026 not activated by a form.
pub fn form_activation(card: &Card) -> Result<Activation> {
    if !card.card_type.is_member_card() {
        let reason = format!("is a {} card", card.card_type);
        return Err(Error::field(ErrCode::InvalidCardType, "card_id", reason));
    }
    match Activation::of(&card.section) {
        Activation::Auto => Err(no_form("auto_activate is true")),
        Activation::Merchant => Err(no_form("wx_activate is not true, or activate_url is set")),
        by_form => Ok(by_form),
    }
}

fn no_form(reason: &str) -> Error {
    Error::field(ErrCode::NeedWxActivate, "card_id", reason)
}

/// Refuses cards for which the merchant names a code with each claim: WeChat's pages cannot claim them.
///
/// # Errors
///
/// 40158.
pub fn check_code_mode(card: &Card) -> Result<()> {
    match card.terms.code_mode {
        CodeMode::Custom => {
            Err(Error::field(ErrCode::NeedNoCustomCode, "card_id", "needs a code for each claim"))
        }
        CodeMode::System | CodeMode::Deposit => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::object;
    use serde_json::json;

    #[test]
    fn one_way_counts_where_a_card_asks_for_several() {
        for (section, expected) in [
            (
                json!({"auto_activate": true, "activate_url": "http://a", "wx_activate": true}),
                Activation::Auto,
            ),
            (
                json!({"auto_activate": false, "activate_url": "http://a", "wx_activate": true}),
                Activation::Merchant,
            ),
            (json!({"activate_app_brand_user_name": "gh_1@app", "wx_activate": true}), Activation::Merchant),
            (json!({"bind_old_card_url": "http://a"}), Activation::Merchant),
            (json!({"activate_url": "", "wx_activate": true}), Activation::Form),
            (json!({"wx_activate": true, "wx_activate_after_submit": true}), Activation::FormThenMerchant),
            (json!({"wx_activate": false, "wx_activate_after_submit": true}), Activation::Merchant),
        ] {
            assert_eq!(Activation::of(&object(section.clone())), expected, "{section}");
        }
    }

    #[test]
    fn who_jumps_has_to_say_where() {
        for (section, expected) in [
            (json!({"wx_activate": true, "wx_activate_after_submit": true}), Some(ErrCode::MissingFields)),
            (
                json!({"wx_activate": true, "wx_activate_after_submit": true, "wx_activate_after_submit_url": "qq.com"}),
                Some(ErrCode::InvalidArgs),
            ),
            (
                json!({"wx_activate": true, "wx_activate_after_submit": true, "wx_activate_after_submit_url": "http://a"}),
                None,
            ),
            (json!({"wx_activate": false, "wx_activate_after_submit": true}), None),
        ] {
            let refused = check_after_submit(&object(section.clone())).err().map(|error| error.code);
            assert_eq!(refused, expected, "{section}");
        }
    }
}
