//! The cards of random runs. There are few of each kind, so that runs often reach limits, empty stock and ends of
//! windows.

use crate::testing::{START, general_card, groupon, member_card};
use kaquan_core::card::Source;
use kaquan_core::time::{DAY_SECS, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The plan of a new card.
#[derive(Debug, Clone)]
pub struct CardPlan {
    kind: CardKind,
    activation: u8,
    mode: u8,
    date: DatePlan,
    get_limit: u32,
    use_limit: u32,
    quantity: u32,
    can_give_friend: bool,
    /// Whether the API or the console creates it.
    pub source: Source,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CardKind {
    Coupon,
    Member,
    General,
}

/// When the codes of a card can be used.
#[derive(Debug, Clone)]
enum DatePlan {
    Range { begin_in: i64, secs: i64 },
    Term { days: i64, begin_after_days: i64, end_in: Option<i64> },
    Permanent,
}

/// Cards with every code mode and every kind of window.
pub fn card() -> impl Strategy<Value = CardPlan> {
    let range = (-DAY_SECS..DAY_SECS / 2, 1000..5 * DAY_SECS)
        .prop_map(|(begin_in, secs)| DatePlan::Range { begin_in, secs });
    let term = (1..5i64, 0..2i64, prop::option::weighted(0.3, 1..5 * DAY_SECS))
        .prop_map(|(days, begin_after_days, end_in)| DatePlan::Term { days, begin_after_days, end_in });
    let date = prop_oneof![5 => range, 3 => term, 1 => Just(DatePlan::Permanent)];
    let limits = (1..4u32, 1..3u32, 2..12u32);
    let source = prop::sample::select(vec![Source::Api, Source::Api, Source::Console]);
    let kind = prop_oneof![
        5 => Just(CardKind::Coupon), 4 => Just(CardKind::Member), 3 => Just(CardKind::General),
    ];
    let kind = (kind, 0..4u8, 0..3u8);
    (kind, date, limits, prop::bool::weighted(0.85), source).prop_map(
        |((kind, activation, mode), date, (get_limit, use_limit, quantity), can_give_friend, source)| {
            CardPlan { kind, activation, mode, date, get_limit, use_limit, quantity, can_give_friend, source }
        },
    )
}

impl CardPlan {
    /// How a member card becomes active: at the claim, by the merchant, or with a form.
    fn activation(&self) -> Value {
        let mut section = match self.activation {
            0 => json!({"auto_activate": true}),
            1 => json!({"auto_activate": false}),
            2 => json!({"activate_url": null, "wx_activate": true}),
            _ => json!({
                "activate_url": null, "wx_activate": true,
                "wx_activate_after_submit": true, "wx_activate_after_submit_url": "http://a",
            }),
        };
        section["bonus_rule"] = json!({"init_increase_bonus": 20});
        section
    }

    /// The fields of a general card beside `base_info`. Some cards are active by themselves, and some have no
    /// balance.
    fn general(&self) -> Value {
        let auto_activate = self.activation.is_multiple_of(2);
        match self.activation {
            0 | 1 => json!({"auto_activate": auto_activate}),
            2 => json!({
                "sub_card_type": "CAMPUS_CARD", "auto_activate": auto_activate, "init_bonus": null,
                "supply_balance": false, "init_balance": null,
            }),
            _ => json!({
                "sub_card_type": "VOUCHER", "supply_bonus": false, "supply_balance": false, "init_balance": null,
            }),
        }
    }

    /// The document of the card, with times relative to `now`.
    pub fn document(&self, now: Timestamp) -> Value {
        let date_info = match self.date {
            DatePlan::Range { begin_in, secs } => json!({
                "type": "DATE_TYPE_FIX_TIME_RANGE",
                "begin_timestamp": now.0 + begin_in, "end_timestamp": now.0.max(now.0 + begin_in) + secs,
            }),
            DatePlan::Term { days, begin_after_days, end_in } => json!({
                "type": "DATE_TYPE_FIX_TERM", "fixed_term": days, "fixed_begin_term": begin_after_days,
                "end_timestamp": end_in.map(|secs| now.0 + secs),
            }),
            DatePlan::Permanent if self.kind != CardKind::Coupon => json!({"type": "DATE_TYPE_PERMANENT"}),
            DatePlan::Permanent => json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 1}),
        };
        let mut base_info = json!({
            "date_info": date_info, "get_limit": self.get_limit, "use_limit": self.use_limit,
            "can_give_friend": self.can_give_friend, "use_custom_code": self.mode > 0,
            "sku": {"quantity": if self.mode == 2 { 0 } else { self.quantity }},
        });
        if self.mode == 2 {
            base_info["get_custom_code_mode"] = "GET_CUSTOM_CODE_MODE_DEPOSIT".into();
        }
        match self.kind {
            CardKind::Coupon => groupon(base_info),
            CardKind::Member => member_card(base_info, self.activation()),
            CardKind::General => {
                base_info["max_give_friend_times"] = self.use_limit.into();
                general_card(base_info, self.general())
            }
        }
    }
}

/// The time between two steps: mostly short, sometimes until another day.
pub fn pause() -> impl Strategy<Value = i64> {
    prop_oneof![14 => 0..60i64, 3 => 600..14_400i64, 1 => 14_400..2 * DAY_SECS]
}

/// The time when these worlds begin: 20:00 at UTC+8, so that runs soon pass midnight.
pub fn evening() -> Timestamp {
    START.plus(10 * 3600)
}
