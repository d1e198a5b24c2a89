//! Pay gift rules (支付即会员): a holder who pays a named pay merchant within a window and a range of amounts gets a member
//! card. A pay merchant has one rule at a time; a separate record says which.
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

/// A pay merchant (mchid) by its decimal number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mchid(pub i64);

impl Mchid {
    /// The pay merchant with this name: 1 to 18 digits.
    pub fn parse(text: &str) -> Option<Mchid> {
        let digits = (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| digits).map(Mchid)
    }
}

/// The kind of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RuleType {
    /// A member card for those who pay.
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

    /// The member of `rule_info` that says what is given.
    pub const fn key(self) -> &'static str {
        match self {
            RuleType::PayMemberCard => "member_rule",
            RuleType::SinglePay => "single_pay",
        }
    }
}

/// A rule as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PayGiftRule {
    pub kind: RuleType,
    /// Its pay merchants.
    pub mchids: Vec<Mchid>,
    /// First second of the rule.
    pub begin: Timestamp,
    /// Last second of the rule.
    pub end: Timestamp,
    /// The card it gives; `None` for single payments.
    pub card_id: Option<CardId>,
    /// Least payment, fen.
    pub least_cost: i64,
    /// Largest payment, fen.
    pub max_cost: i64,
    /// The member of `rule_info` that says what is given, as it was sent.
    pub gives: Map<String, Value>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Record for PayGiftRule {
    const KIND: RecordKind = RecordKind::PayGiftRule;
}

impl PayGiftRule {
    /// Whether it is in force.
    pub fn is_effective(&self, now: Timestamp) -> bool {
        self.begin <= now && now <= self.end
    }
}

/// Which rule a pay merchant has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MchidRule {
    pub rule_id: i64,
    /// The card it gives.
    pub card_id: Option<CardId>,
    /// Last second of the rule; afterwards the pay merchant is free again.
    pub end: Timestamp,
    /// Whether other apps may not use the pay merchant; stored, and without effect within one kaquan.
    pub is_locked: bool,
}

impl Record for MchidRule {
    const KIND: RecordKind = RecordKind::PayGiftMchid;
}

pub fn rule_key(rule_id: i64) -> RecordKey {
    RecordKey::numbered::<PayGiftRule>(rule_id)
}

/// The key of the record that says which rule a pay merchant has.
pub fn mchid_key(mchid: Mchid) -> RecordKey {
    RecordKey::numbered::<MchidRule>(mchid.0)
}
