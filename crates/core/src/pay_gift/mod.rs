//! Pay gift rules (支付即会员): a holder who pays a pay merchant of the rule, within its window and range of amounts,
//! gets a member card. A pay merchant has at most one rule at a time, which a separate record names.
//!
//! WeChat manual: "支付即会员" (members by payment).

mod add;
mod delete;
mod give;
mod release;

pub use add::{AddOutcome, AddPayGift};
pub use delete::{DeletePayGift, no_rule};
pub use give::{GivePayGift, GivenCard};
pub use release::ReleaseMchids;

use crate::engine::{Record, RecordKey, RecordKind};
use crate::id::CardId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A pay merchant (mchid), by its decimal number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mchid(pub i64);

impl Mchid {
    /// The pay merchant with this name, which must have 1 to 18 digits.
    pub fn parse(text: &str) -> Option<Mchid> {
        let digits = (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| digits).map(Mchid)
    }
}

/// The kind of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RuleType {
    /// A member card for people who pay.
    #[serde(rename = "RULE_TYPE_PAY_MEMBER_CARD")]
    PayMemberCard,
    /// Coupons for a single payment.
    #[serde(rename = "RULE_TYPE_SINGLE_PAY")]
    SinglePay,
}

impl RuleType {
    /// The name on the wire.
    pub const fn wire(self) -> &'static str {
        match self {
            RuleType::PayMemberCard => "RULE_TYPE_PAY_MEMBER_CARD",
            RuleType::SinglePay => "RULE_TYPE_SINGLE_PAY",
        }
    }

    /// The type with this name.
    pub fn from_wire(name: &str) -> Option<RuleType> {
        [RuleType::PayMemberCard, RuleType::SinglePay].into_iter().find(|kind| kind.wire() == name)
    }

    /// The member of `rule_info` with the gift.
    pub const fn key(self) -> &'static str {
        match self {
            RuleType::PayMemberCard => "member_rule",
            RuleType::SinglePay => "single_pay",
        }
    }
}

/// A rule in its stored form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PayGiftRule {
    pub kind: RuleType,
    /// Its pay merchants.
    pub mchids: Vec<Mchid>,
    /// The first second in which the rule applies.
    pub begin: Timestamp,
    /// The last second in which the rule applies.
    pub end: Timestamp,
    /// The card that the rule gives; `None` for single payments.
    pub card_id: Option<CardId>,
    /// The smallest payment in fen.
    pub least_cost: i64,
    /// The largest payment in fen.
    pub max_cost: i64,
    /// The member of `rule_info` with the gift, as it was sent.
    pub gives: Map<String, Value>,
    /// When the rule was created.
    pub created_at: Timestamp,
}

impl Record for PayGiftRule {
    const KIND: RecordKind = RecordKind::PayGiftRule;
}

impl PayGiftRule {
    /// Whether the rule applies at `now`.
    pub fn is_effective(&self, now: Timestamp) -> bool {
        self.begin <= now && now <= self.end
    }
}

/// The rule of a pay merchant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MchidRule {
    pub rule_id: i64,
    /// The card that the rule gives.
    pub card_id: Option<CardId>,
    /// The last second in which the rule applies. After that, the pay merchant can get another rule.
    pub end: Timestamp,
    /// Whether other apps cannot use the pay merchant. It is stored, but has no effect within one kaquan.
    pub is_locked: bool,
}

impl Record for MchidRule {
    const KIND: RecordKind = RecordKind::PayGiftMchid;
}

pub fn rule_key(rule_id: i64) -> RecordKey {
    RecordKey::numbered::<PayGiftRule>(rule_id)
}

/// The record key of the rule of a pay merchant.
pub fn mchid_key(mchid: Mchid) -> RecordKey {
    RecordKey::numbered::<MchidRule>(mchid.0)
}
