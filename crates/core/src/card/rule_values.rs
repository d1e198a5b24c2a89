//! The terms of a card: the values of its document that claims and consumes check. They are read once, when the
//! document is created or loaded.

use super::card_type::CardType;
use super::date_info::DateInfo;
use super::document::Object;
use super::general::GeneralTerms;
use super::table::DEFAULT_LIMIT;
use crate::error::{Error, Result};
use serde_json::Value;

/// The origin of a card's codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeMode {
    /// kaquan generates the codes.
    System,
    /// The merchant sends a code with each claim.
    Custom,
    /// The merchant imports the codes beforehand with `code/deposit`.
    Deposit,
}

impl CodeMode {
    /// Whether the card id is also needed to find a code of this card.
    pub const fn is_custom(self) -> bool {
        !matches!(self, CodeMode::System)
    }
}

/// The values of a card's document that the rules use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// When codes can be used.
    pub date_info: DateInfo,
    /// The largest number of claims of a holder; `u32::MAX` means no limit.
    pub get_limit: u32,
    /// The largest number of consumes of a holder; `u32::MAX` means no limit.
    pub use_limit: u32,
    /// Whether a code can be given away.
    pub can_give_friend: bool,
    /// How often a code can be given away; `None` means no limit.
    pub max_gives: Option<i64>,
    /// Whether only a named holder may claim.
    pub bind_openid: bool,
    /// The origin of the codes.
    pub code_mode: CodeMode,
    /// Whether a member card or general card is active as soon as claimed.
    pub auto_activate: bool,
    /// The values that only general cards have.
    pub general: Option<GeneralTerms>,
    /// Points credited when kaquan activates a member, from `bonus_rule`.
    pub init_increase_bonus: i64,
    /// Whether an event is pushed when a holder views the card.
    pub push_on_view: bool,
    /// Whether the codes of a member card or general card have dynamic codes.
    pub use_dynamic_code: bool,
    /// Sub-merchant of the card, 0 for none.
    pub sub_merchant_id: i64,
}

impl Terms {
    /// Reads the terms from a stored document.
    ///
    /// # Errors
    ///
    /// -1 if the document has no readable `date_info`, which means that the store is damaged.
    pub fn read(card_type: CardType, section: &Object) -> Result<Terms> {
        let base = section.get("base_info");
        let base_value = |key: &str| base.and_then(|base| base.get(key));
        let base_flag =
            |key: &str, default: bool| base_value(key).and_then(Value::as_bool).unwrap_or(default);
        let limit = |key: &str, default: u32| {
            base_value(key).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok()).unwrap_or(default)
        };
        let date_info = base_value("date_info")
            .and_then(DateInfo::from_stored)
            .ok_or_else(|| Error::internal("stored card without a readable date_info"))?;
        let deposit = base_value("get_custom_code_mode").and_then(Value::as_str)
            == Some("GET_CUSTOM_CODE_MODE_DEPOSIT");
        let code_mode = match (base_flag("use_custom_code", false), deposit) {
            (false, _) => CodeMode::System,
            (true, false) => CodeMode::Custom,
            (true, true) => CodeMode::Deposit,
        };
        let absent = if card_type == CardType::GeneralCard { u32::MAX } else { DEFAULT_LIMIT };
        Ok(Terms {
            date_info,
            get_limit: limit("get_limit", absent),
            use_limit: limit("use_limit", absent),
            can_give_friend: base_flag("can_give_friend", true),
            max_gives: base_value("max_give_friend_times").and_then(Value::as_i64),
            bind_openid: base_flag("bind_openid", false),
            code_mode,
            auto_activate: section.get("auto_activate").and_then(Value::as_bool).unwrap_or(false),
            general: (card_type == CardType::GeneralCard).then(|| GeneralTerms::read(section)),
            init_increase_bonus: section
                .get("bonus_rule")
                .and_then(|rule| rule.get("init_increase_bonus"))
                .and_then(Value::as_i64)
                .unwrap_or(0),
            push_on_view: base_flag("need_push_on_view", false),
            use_dynamic_code: base_flag("use_dynamic_code", false),
            sub_merchant_id: base_value("sub_merchant_info")
                .and_then(|info| info.get("merchant_id"))
                .and_then(Value::as_i64)
                .unwrap_or(0),
        })
    }
}
