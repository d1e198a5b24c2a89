//! The details of a card below its face: the whole benefit, conditions, hours, rules of points, services, pictures with
//! text, and the telephone. A page shows the same details to the holder, the clerk and the merchant.

use super::benefit::{self, Benefit};
use super::{Lang, format, texts};
use askama::Template;
use kaquan_core::card::{CardType, Object};
use kaquan_core::time::Timestamp;
use serde_json::Value;

/// The details of a card.
#[derive(Debug, Clone, Template)]
#[template(path = "card_details.html")]
pub struct CardDetails {
    /// Short facts, such as the gate of a flight: a name and a value each.
    pub facts: Vec<(&'static str, String)>,
    /// Longer texts: a heading and paragraphs each.
    pub parts: Vec<(&'static str, String)>,
    /// Pictures with text, in the order of the merchant. Either may be empty.
    pub pictures: Vec<(String, String)>,
    /// The telephone of the customer service; empty if there is none.
    pub phone: String,
    t: &'static Texts,
}

impl CardDetails {
    /// The details of a card's document, which may be incomplete.
    pub fn of(lang: Lang, card_type: CardType, section: &Object) -> CardDetails {
        let source = Source { lang, t: Texts::of(lang), section };
        CardDetails {
            facts: source.facts(),
            parts: source.parts(card_type),
            pictures: source.pictures(),
            phone: source.base("service_phone").to_owned(),
            t: source.t,
        }
    }

    /// The details without the facts that the page shows for one holder, such as the gate of a passenger.
    pub fn without_facts(mut self, shown: &[(&'static str, String)]) -> CardDetails {
        self.facts.retain(|(name, _)| shown.iter().all(|(shown, _)| shown != name));
        self
    }

    /// The telephone for a link: only its digits, `+` and `-`.
    fn phone_link(&self) -> String {
        self.phone.chars().filter(|sign| sign.is_ascii_digit() || "+-".contains(*sign)).collect()
    }
}

struct Source<'a> {
    lang: Lang,
    t: &'static Texts,
    section: &'a Object,
}

impl Source<'_> {
    fn text(&self, key: &str) -> &str {
        self.section.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    fn base(&self, key: &str) -> &str {
        self.section
            .get("base_info")
            .and_then(|base| base.get(key))
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    fn advanced(&self, key: &str) -> Option<&Value> {
        self.section.get("advanced_info")?.get(key)
    }

    /// The facts of tickets.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let t = self.t;
        let time = |key: &str| {
            let secs = self.section.get(key).and_then(Value::as_i64).filter(|secs| *secs > 0);
            secs.map(|secs| format::minute(Timestamp(secs))).unwrap_or_default()
        };
        let facts = [
            (t.flight, self.text("flight").to_owned()),
            (t.departure, time("departure_time")),
            (t.landing, time("landing_time")),
            (t.boarding, time("boarding_time")),
            (t.gate, self.text("gate").to_owned()),
            (t.air_model, self.text("air_model").to_owned()),
        ];
        facts.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    fn parts(&self, card_type: CardType) -> Vec<(&'static str, String)> {
        let t = self.t;
        let detail = self.text(benefit::detail_key(card_type));
        // A benefit that stands on the face in full is not repeated.
        let is_on_face = Benefit::of(self.lang, card_type, self.section).headline.ends_with(detail.trim());
        let detail = if is_on_face { "" } else { detail };
        let parts = [
            (t.benefit, detail.to_owned()),
            (t.conditions, self.conditions()),
            (t.hours, self.hours()),
            (t.bonus_rules, self.bonus_rules()),
            (t.balance_rules, self.text("balance_rules").to_owned()),
            (t.services, self.services()),
            (t.terms, self.base("description").to_owned()),
        ];
        parts.into_iter().filter(|(_, text)| !text.trim().is_empty()).collect()
    }

    /// The sentences of `advanced_info.use_condition`, one a line. The minimum stands on the face.
    fn conditions(&self) -> String {
        let Some(condition) = self.advanced("use_condition") else { return String::new() };
        let text = |key: &str| condition.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let (t, lang) = (self.t, self.lang);
        let named = |name: &str, text: &str| format!("{name}{}{text}", lang.pick(": ", "："));
        let with_others = condition.get("can_use_with_other_discount").and_then(Value::as_bool);
        let lines = [
            text("accept_category").map(|text| named(t.accept, text)),
            text("reject_category").map(|text| named(t.reject, text)),
            text("object_use_for").map(|text| named(t.object, text)),
            with_others.map(|yes| if yes { t.with_others } else { t.alone }.to_owned()),
        ];
        lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
    }

    /// The days and hours of `advanced_info.time_limit`, one line for each span of hours.
    fn hours(&self) -> String {
        let limits = self.advanced("time_limit").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        // Days with the same hours share a line, in the order of the first of them.
        let mut lines: Vec<(String, Vec<&str>)> = Vec::new();
        for limit in limits {
            let Some(day) = limit.get("type").and_then(Value::as_str).and_then(|day| word(self.lang, day))
            else {
                continue;
            };
            let hours = hours_of(limit);
            match lines.iter_mut().find(|(same, _)| *same == hours) {
                Some((_, days)) if days.contains(&day) => {}
                Some((_, days)) => days.push(day),
                None => lines.push((hours, vec![day])),
            }
        }
        let line = |(hours, days): (String, Vec<&str>)| {
            format!("{} {hours}", days.join(self.lang.pick(", ", "、"))).trim().to_owned()
        };
        lines.into_iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// The merchant's own words about points, and the rule as a sentence.
    fn bonus_rules(&self) -> String {
        let rule = self.section.get("bonus_rule");
        let int = |key: &str| {
            rule.and_then(|rule| rule.get(key)).and_then(Value::as_i64).filter(|number| *number > 0)
        };
        let pair = |first: &str, second: &str| Some((int(first)?, int(second)?));
        let earn = pair("cost_money_unit", "increase_bonus").map(|(fen, points)| {
            let yuan = format::plain_yuan(fen);
            self.lang.pick(
                format!("{points} points for each ¥{yuan} spent"),
                format!("每消费 {yuan} 元积 {points} 分"),
            )
        });
        let spend = pair("cost_bonus_unit", "reduce_money").map(|(points, fen)| {
            let yuan = format::plain_yuan(fen);
            self.lang.pick(format!("{points} points are worth ¥{yuan}"), format!("{points} 积分抵 {yuan} 元"))
        });
        let own = [self.text("bonus_rules"), self.text("bonus_cleared")].map(str::to_owned);
        let lines = own.into_iter().chain(earn).chain(spend).filter(|line| !line.trim().is_empty());
        lines.collect::<Vec<_>>().join("\n")
    }

    fn services(&self) -> String {
        let names = self.advanced("business_service").and_then(Value::as_array).into_iter().flatten();
        let words = names.filter_map(|name| word(self.lang, name.as_str()?));
        words.collect::<Vec<_>>().join(self.lang.pick(", ", "、"))
    }

    /// The cover with its text, then the list of pictures with texts.
    fn pictures(&self) -> Vec<(String, String)> {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let cover = self.advanced("abstract").map(|cover| {
            let icon = cover.get("icon_url_list").and_then(|list| list.get(0));
            (text(icon), text(cover.get("abstract")))
        });
        let list = self.advanced("text_image_list").and_then(Value::as_array).into_iter().flatten();
        let list = list.map(|entry| (text(entry.get("image_url")), text(entry.get("text"))));
        cover.into_iter().chain(list).filter(|(url, text)| !url.is_empty() || !text.is_empty()).collect()
    }
}

/// The word for a day or a service of the API; `None` for another name.
pub fn word(lang: Lang, name: &str) -> Option<&'static str> {
    let (en, zh) = match name {
        "MONDAY" => ("Monday", "周一"),
        "TUESDAY" => ("Tuesday", "周二"),
        "WEDNESDAY" => ("Wednesday", "周三"),
        "THURSDAY" => ("Thursday", "周四"),
        "FRIDAY" => ("Friday", "周五"),
        "SATURDAY" => ("Saturday", "周六"),
        "SUNDAY" => ("Sunday", "周日"),
        "HOLIDAY" => ("Public holidays", "节假日"),
        "BIZ_SERVICE_DELIVER" => ("Delivery", "外卖"),
        "BIZ_SERVICE_FREE_PARK" => ("Free parking", "免费停车"),
        "BIZ_SERVICE_WITH_PET" => ("Pets are welcome", "可带宠物"),
        "BIZ_SERVICE_FREE_WIFI" => ("Free Wi-Fi", "免费 Wi-Fi"),
        _ => return None,
    };
    Some(lang.pick(en, zh))
}

/// `10:00–22:00`; empty if the limit names no hours.
fn hours_of(limit: &Value) -> String {
    let number = |key: &str| limit.get(key).and_then(Value::as_i64);
    let at = |hour: &str, minute: &str| {
        number(hour).map(|hour| format!("{hour:02}:{:02}", number(minute).unwrap_or(0)))
    };
    match (at("begin_hour", "begin_minute"), at("end_hour", "end_minute")) {
        (None, None) => String::new(),
        (begin, end) => {
            format!("{}–{}", begin.unwrap_or("00:00".to_owned()), end.unwrap_or("24:00".to_owned()))
        }
    }
}

texts! {
    /// The headings and words of the details.
    Texts {
        benefit: "What it gives", "优惠详情";
        conditions: "Conditions", "使用条件";
        hours: "Days and hours", "可用时段";
        bonus_rules: "Points", "积分规则";
        balance_rules: "Balance", "储值说明";
        services: "Services", "商家服务";
        terms: "Terms of use", "使用说明";
        pictures: "Pictures", "图文介绍";
        phone: "Call the merchant", "联系商家";
        accept: "For", "适用范围";
        reject: "Not for", "不适用范围";
        object: "With the purchase of", "购买以下商品可用";
        with_others: "Can be used together with other offers", "可与其他优惠同享";
        alone: "Cannot be used together with other offers", "不与其他优惠同享";
        flight: "Flight", "航班";
        departure: "Departure", "起飞时间";
        landing: "Landing", "降落时间";
        boarding: "Boarding", "登机时间";
        gate: "Gate", "登机口";
        air_model: "Aircraft", "机型";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn details(lang: Lang, card_type: CardType, section: Value) -> CardDetails {
        let Value::Object(section) = section else { panic!("an object") };
        CardDetails::of(lang, card_type, &section)
    }

    fn advanced(value: Value) -> CardDetails {
        details(Lang::Zh, CardType::Cash, json!({"advanced_info": value}))
    }

    #[test]
    fn days_with_the_same_hours_share_a_line() {
        let limit = |day: &str| json!({"type": day, "begin_hour": 9, "end_hour": 21, "end_minute": 30});
        let with_days =
            advanced(json!({"time_limit": [limit("MONDAY"), limit("FRIDAY"), {"type": "HOLIDAY"}]}));
        assert_eq!(with_days.parts, [("可用时段", "周一、周五 09:00–21:30\n节假日".to_owned())]);
    }

    #[test]
    fn conditions_are_sentences() {
        let condition = json!({"accept_category": "茶饮", "reject_category": "茶具", "can_use_with_other_discount": false});
        let details = advanced(json!({"use_condition": condition}));
        assert_eq!(
            details.parts,
            [("使用条件", "适用范围：茶饮\n不适用范围：茶具\n不与其他优惠同享".to_owned())]
        );
    }

    #[test]
    fn a_benefit_that_fits_the_face_is_not_repeated() {
        assert!(details(Lang::Zh, CardType::Gift, json!({"gift": "一杯茶"})).parts.is_empty());
        let two_lines = details(Lang::Zh, CardType::Gift, json!({"gift": "一杯茶\n限堂食"}));
        assert_eq!(two_lines.parts, [("优惠详情", "一杯茶\n限堂食".to_owned())]);
    }

    #[test]
    fn a_flight_has_its_times_in_the_time_of_china() {
        let section = json!({"flight": "CA1234", "departure_time": 1_798_761_600, "gate": "A12"});
        let facts = details(Lang::Zh, CardType::BoardingPass, section).facts;
        let expected = [("航班", "CA1234"), ("起飞时间", "2027-01-01 08:00"), ("登机口", "A12")];
        assert_eq!(facts, expected.map(|(name, value)| (name, value.to_owned())));
    }

    #[test]
    fn the_rule_of_points_is_a_sentence() {
        let rule =
            json!({"cost_money_unit": 100, "increase_bonus": 1, "cost_bonus_unit": 5, "reduce_money": 200});
        let section = json!({"bonus_rule": rule, "prerogative": ""});
        let details = details(Lang::Zh, CardType::MemberCard, section);
        assert_eq!(details.parts, [("积分规则", "每消费 1 元积 1 分\n5 积分抵 2 元".to_owned())]);
    }

    #[test]
    fn pictures_begin_with_the_cover() {
        let cover = json!({"abstract": "春茶", "icon_url_list": ["https://t.example/c.jpg"]});
        let list = json!([{"image_url": "https://t.example/1.jpg", "text": "第一泡"}]);
        let details = advanced(json!({"abstract": cover, "text_image_list": list}));
        let pair = |url: &str, text: &str| (url.to_owned(), text.to_owned());
        assert_eq!(
            details.pictures,
            [pair("https://t.example/c.jpg", "春茶"), pair("https://t.example/1.jpg", "第一泡")]
        );
    }
}
