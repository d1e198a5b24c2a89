//! How a member card becomes active. A card may ask for several ways, but only one of them is used. The first of
//! these that the card asks for is used: at the claim, on the merchant's page, with WeChat's form. WeChat manual:
//! "创建会员卡" (member cards), activation.

use crate::card::{Card, CodeMode, Object};
use crate::error::{ErrCode, Error, Result};
use serde_json::Value;

/// The way a member card becomes active.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// At the claim.
    Auto,
    /// By the merchant, on the merchant's own page.
    Merchant,
    /// With the form, when the holder submits it.
    Form,
    /// By the merchant, who gets the answers in the form.
    FormThenMerchant,
}

impl Activation {
    /// The way that a member card's document selects.
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

    /// Whether the holder fills in a form.
    pub const fn has_form(self) -> bool {
        matches!(self, Activation::Form | Activation::FormThenMerchant)
    }
}

/// The page after the form, for cards that the merchant then activates.
pub fn after_submit_url(section: &Object) -> Option<&str> {
    section.get("wx_activate_after_submit_url").and_then(Value::as_str).filter(|url| !url.is_empty())
}

/// Checks that a card with a page after the form has the URL of that page.
///
/// # Errors
///
/// 41011 if the URL is missing; 40097 if it is not an http URL.
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

/// The way in which a card with a form becomes active.
///
/// # Errors
///
/// 40071 if the card is not a member card; 72026 if it is not activated with a form.
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

/// Refuses cards whose codes the merchant sends with each claim: WeChat's pages cannot claim them.
///
/// # Errors
///
/// 40158 for such a card.
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
    fn a_jump_needs_a_target() {
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
