//! What a card gives, in words: the large line on the face of a card, and the condition below it. The holder, the clerk
//! and the merchant read the same two lines on every page.

use super::{Lang, format};
use kaquan_core::card::{CardType, Object};
use serde_json::Value;

/// The largest number of characters of the large line. A longer text is cut; the details have all of it.
const HEADLINE_MAX: usize = 32;

/// What a card gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Benefit {
    /// The large line, such as `¥20` or `8折`; empty if the card names no benefit.
    pub headline: String,
    /// The condition, such as `满 100 元可用`; empty if there is none.
    pub condition: String,
}

impl Benefit {
    /// The benefit of a card's document, which may be incomplete.
    pub fn of(lang: Lang, card_type: CardType, section: &Object) -> Benefit {
        let text = |key: &str| section.get(key).and_then(Value::as_str).unwrap_or_default();
        let int = |key: &str| section.get(key).and_then(Value::as_i64);
        let headline = match card_type {
            CardType::Cash => int("reduce_cost").map(|fen| format!("¥{}", format::plain_yuan(fen))),
            CardType::Discount | CardType::MemberCard => int("discount").and_then(|off| discount(lang, off)),
            CardType::Gift => Some(gift(lang, section)),
            CardType::GeneralCard => {
                int("init_balance").filter(|fen| *fen > 0).map(|fen| format!("¥{}", format::plain_yuan(fen)))
            }
            CardType::BoardingPass => Some(route(text("from"), text("to"))),
            _ => None,
        };
        let headline = headline.filter(|headline| !headline.is_empty());
        let headline = headline.unwrap_or_else(|| first_line(text(detail_key(card_type))));
        Benefit { headline: cut(&headline), condition: condition(lang, card_type, section) }
    }
}

/// The field that has the benefit as a text of the merchant.
pub fn detail_key(card_type: CardType) -> &'static str {
    match card_type {
        CardType::Groupon => "deal_detail",
        CardType::Gift => "gift",
        CardType::GeneralCoupon => "default_detail",
        CardType::MemberCard | CardType::GeneralCard => "prerogative",
        CardType::MeetingTicket => "meeting_detail",
        CardType::ScenicTicket => "ticket_class",
        CardType::MovieTicket => "detail",
        CardType::Cash | CardType::Discount | CardType::BoardingPass | CardType::BusTicket => "",
    }
}

/// The part of the price that the holder pays, as the trade says it: 30 percent off is `7折`.
pub fn discount(lang: Lang, percent_off: i64) -> Option<String> {
    if !(1..100).contains(&percent_off) {
        return None;
    }
    let (tenths, rest) = ((100 - percent_off) / 10, (100 - percent_off) % 10);
    let zh = if rest == 0 { format!("{tenths}折") } else { format!("{tenths}.{rest}折") };
    Some(lang.pick(format!("{percent_off}% off"), zh))
}

/// `兑换 乌龙茶 2杯`, from the name, number and unit of the gift; the text of the gift if it has no name.
fn gift(lang: Lang, section: &Object) -> String {
    let text = |key: &str| section.get(key).and_then(Value::as_str).unwrap_or_default();
    let name = match text("gift_name") {
        "" => first_line(text("gift")),
        name => {
            let count = section.get("gift_num").and_then(Value::as_i64).filter(|count| *count > 0);
            count.map_or(name.to_owned(), |count| format!("{name} {count}{}", text("gift_unit")))
        }
    };
    match name.is_empty() {
        true => String::new(),
        false => lang.pick(name.clone(), format!("兑换 {name}")),
    }
}

fn route(from: &str, to: &str) -> String {
    match (from, to) {
        ("", "") => String::new(),
        (from, to) => format!("{from} → {to}"),
    }
}

fn condition(lang: Lang, card_type: CardType, section: &Object) -> String {
    let text = |key: &str| section.get(key).and_then(Value::as_str).unwrap_or_default();
    match card_type {
        CardType::BoardingPass => text("flight").to_owned(),
        CardType::Cash => {
            let least = section.get("least_cost").and_then(Value::as_i64).unwrap_or(0);
            minimum(lang, least.max(least_of_condition(section)))
        }
        _ => match least_of_condition(section) {
            0 => String::new(),
            least => minimum(lang, least),
        },
    }
}

/// `advanced_info.use_condition.least_cost`, in fen.
fn least_of_condition(section: &Object) -> i64 {
    let condition = section.get("advanced_info").and_then(|advanced| advanced.get("use_condition"));
    condition.and_then(|condition| condition.get("least_cost")).and_then(Value::as_i64).unwrap_or(0)
}

fn minimum(lang: Lang, least_fen: i64) -> String {
    let yuan = format::plain_yuan(least_fen);
    match least_fen {
        0 => lang.pick("No minimum purchase".to_owned(), "无门槛".to_owned()),
        _ => lang.pick(format!("On purchases of ¥{yuan} or more"), format!("满 {yuan} 元可用")),
    }
}

fn first_line(text: &str) -> String {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned()
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(HEADLINE_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn benefit(lang: Lang, card_type: CardType, section: Value) -> (String, String) {
        let Value::Object(section) = section else { panic!("an object") };
        let Benefit { headline, condition } = Benefit::of(lang, card_type, &section);
        (headline, condition)
    }

    #[track_caller]
    fn check(card_type: CardType, section: Value, zh: (&str, &str), en: (&str, &str)) {
        let texts = |(headline, condition): (&str, &str)| (headline.to_owned(), condition.to_owned());
        assert_eq!(benefit(Lang::Zh, card_type, section.clone()), texts(zh));
        assert_eq!(benefit(Lang::En, card_type, section), texts(en));
    }

    #[test]
    fn a_cash_voucher_shows_yuan_and_its_minimum() {
        let section = json!({"reduce_cost": 2000, "least_cost": 10_000});
        check(CardType::Cash, section, ("¥20", "满 100 元可用"), ("¥20", "On purchases of ¥100 or more"));
        check(
            CardType::Cash,
            json!({"reduce_cost": 1250}),
            ("¥12.50", "无门槛"),
            ("¥12.50", "No minimum purchase"),
        );
    }

    #[test]
    fn a_discount_is_said_as_the_trade_says_it() {
        for (off, zh, en) in [(30, "7折", "30% off"), (15, "8.5折", "15% off"), (1, "9.9折", "1% off")] {
            check(CardType::Discount, json!({"discount": off}), (zh, ""), (en, ""));
        }
        check(CardType::Discount, json!({"discount": 0}), ("", ""), ("", ""));
    }

    #[test]
    fn a_gift_is_named_with_its_number() {
        let section = json!({"gift": "凭券兑换", "gift_name": "乌龙茶", "gift_num": 2, "gift_unit": "杯"});
        check(CardType::Gift, section, ("兑换 乌龙茶 2杯", ""), ("乌龙茶 2杯", ""));
        check(CardType::Gift, json!({"gift": "\n一杯茶\n限堂食"}), ("兑换 一杯茶", ""), ("一杯茶", ""));
    }

    #[test]
    fn a_ticket_shows_the_route_and_the_flight() {
        let section = json!({"from": "上海", "to": "成都", "flight": "CA1234"});
        check(CardType::BoardingPass, section, ("上海 → 成都", "CA1234"), ("上海 → 成都", "CA1234"));
    }

    #[test]
    fn a_member_card_shows_its_discount_or_its_first_line() {
        check(
            CardType::MemberCard,
            json!({"discount": 10, "prerogative": "积分"}),
            ("9折", ""),
            ("10% off", ""),
        );
        check(CardType::MemberCard, json!({"prerogative": "积分换茶"}), ("积分换茶", ""), ("积分换茶", ""));
        check(CardType::GeneralCard, json!({"init_balance": 10_000}), ("¥100", ""), ("¥100", ""));
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let (headline, _) =
            benefit(Lang::Zh, CardType::Groupon, json!({"deal_detail": "茶".repeat(HEADLINE_MAX + 1)}));
        assert_eq!(headline, format!("{}…", "茶".repeat(HEADLINE_MAX)));
    }

    #[test]
    fn the_condition_of_any_coupon_names_its_minimum() {
        let section =
            json!({"default_detail": "送茶点", "advanced_info": {"use_condition": {"least_cost": 5000}}});
        check(
            CardType::GeneralCoupon,
            section,
            ("送茶点", "满 50 元可用"),
            ("送茶点", "On purchases of ¥50 or more"),
        );
    }
}
