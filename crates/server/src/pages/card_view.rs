//! Cards on pages: the texts for status, kind and window, and the card face as on a phone.

use super::benefit::Benefit;
use super::{Lang, format, texts};
use askama::Template;
use kaquan_core::card::{Card, CardStatus, CardType, DateInfo, Object, SubCardType, Window, color_value};
use kaquan_core::time::{End, Timestamp};
use serde_json::Value;

/// The face of a card, as on a phone.
#[derive(Debug, Clone, Template)]
#[template(path = "card_face.html")]
pub struct CardFace {
    /// The colour, as `#RRGGBB`.
    pub color: String,
    /// The URL of the picture behind the text; empty if there is none.
    pub background: String,
    /// The URL of the logo.
    pub logo_url: String,
    /// The name of the merchant.
    pub brand_name: String,
    /// The title of the card.
    pub title: String,
    /// The second line of the title.
    pub sub_title: String,
    /// What the card gives.
    pub benefit: Benefit,
    /// The notice for the clerk.
    pub notice: String,
    /// When the card can be used, in words.
    pub window: String,
    /// The type of the card, in words.
    pub kind: &'static str,
}

/// The colour of a card that names none.
const NO_COLOR: &str = "#3d444b";
/// A headline of more characters is drawn smaller.
const LARGE_MAX: usize = 10;

impl CardFace {
    pub fn of(lang: Lang, card: &Card) -> CardFace {
        CardFace {
            window: window(lang, &card.terms.date_info),
            ..CardFace::of_document(lang, card.card_type, &card.section)
        }
    }

    /// The face of a claimed code, with the window of the code.
    pub fn of_code(lang: Lang, card: &Card, window: Window) -> CardFace {
        CardFace { window: days(lang, window), ..CardFace::of(lang, card) }
    }

    /// The face of a card's document, which may be incomplete.
    pub fn of_document(lang: Lang, card_type: CardType, section: &Object) -> CardFace {
        let color = base_text(section, "color");
        let background = section.get("background_pic_url").and_then(Value::as_str).unwrap_or_default();
        CardFace {
            color: Some(color_value(&color))
                .filter(|value| is_color_value(value))
                .unwrap_or(NO_COLOR)
                .to_owned(),
            background: background.to_owned(),
            logo_url: base_text(section, "logo_url"),
            brand_name: base_text(section, "brand_name"),
            title: base_text(section, "title"),
            sub_title: base_text(section, "sub_title"),
            benefit: Benefit::of(lang, card_type, section),
            notice: base_text(section, "notice"),
            window: String::new(),
            kind: kind_of(lang, card_type, section),
        }
    }

    /// The CSS class of the text: white where that can be read, otherwise dark. A picture gets a dark shade, so the text on it
    /// is white.
    fn ink(&self) -> &'static str {
        if self.background.is_empty() { ink(&self.color) } else { "white-ink" }
    }

    /// The first character of the merchant's name. It is visible where the logo does not load.
    fn initial(&self) -> String {
        self.brand_name.trim().chars().next().map(String::from).unwrap_or_default()
    }

    fn is_long(&self) -> bool {
        self.benefit.headline.chars().count() > LARGE_MAX
    }
}

/// The CSS class of the text on a ground of this colour, which must be `#RRGGBB`: the one with the larger contrast.
pub fn ink(color: &str) -> &'static str {
    let channel = |at: usize| {
        let byte = color.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).unwrap_or(0);
        let part = f64::from(byte) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    let luminance = 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
    // White has the larger contrast below 0.179, by the formula of WCAG 2.
    if luminance < 0.179 { "white-ink" } else { "dark-ink" }
}

fn is_color_value(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or_default();
    digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A text of `base_info`; empty if it is missing.
pub fn base_text(section: &Object, key: &str) -> String {
    let base_info = section.get("base_info");
    base_info.and_then(|base| base.get(key)).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// When codes of a card can be used, in words.
pub fn window(lang: Lang, date_info: &DateInfo) -> String {
    let t = ViewTexts::of(lang);
    match *date_info {
        DateInfo::Range { begin, end } => format!("{} – {}", format::minute(begin), format::minute(end)),
        DateInfo::Term { days, begin_after_days: 0, .. } => format!("{} {days} {}", t.term_from, t.term_days),
        DateInfo::Term { days, begin_after_days, .. } => {
            format!("{} {begin_after_days} {} {days} {}", t.term_after, t.term_then, t.term_days)
        }
        DateInfo::Permanent => t.permanent.to_owned(),
    }
}

/// When a code can be used, to the minute.
pub fn span(lang: Lang, window: Window) -> String {
    let permanent = ViewTexts::of(lang).permanent;
    match (window.begin, window.end) {
        (Timestamp(0), End::Never) => permanent.to_owned(),
        (begin, End::Never) => format!("{} – {permanent}", format::minute(begin)),
        (Timestamp(0), End::At(end)) => format!("– {}", format::minute(end)),
        (begin, End::At(end)) => format!("{} – {}", format::minute(begin), format::minute(end)),
    }
}

/// When a code can be used, to the day.
pub fn days(lang: Lang, window: Window) -> String {
    match window.begin {
        Timestamp(0) => last_day(lang, window),
        begin => format!("{} – {}", format::day(begin), last_day(lang, window)),
    }
}

/// The last day on which a code can be used.
pub fn last_day(lang: Lang, window: Window) -> String {
    match window.end {
        End::Never => ViewTexts::of(lang).permanent.to_owned(),
        End::At(end) => format::day(end),
    }
}

/// The name of the kind of a card with this document.
pub fn kind_of(lang: Lang, card_type: CardType, section: &Object) -> &'static str {
    let t = ViewTexts::of(lang);
    match section.get("sub_card_type").and_then(Value::as_str).and_then(SubCardType::from_wire) {
        Some(SubCardType::Voucher) => t.voucher,
        Some(SubCardType::CampusCard) => t.campus_card,
        Some(SubCardType::GiftCard) | None => kind(lang, card_type),
    }
}

/// The name of a kind of card.
pub fn kind(lang: Lang, card_type: CardType) -> &'static str {
    let t = ViewTexts::of(lang);
    match card_type {
        CardType::Discount => t.discount,
        CardType::Cash => t.cash,
        CardType::Gift => t.gift,
        CardType::GeneralCoupon => t.general_coupon,
        CardType::Groupon => t.groupon,
        CardType::MemberCard => t.member_card,
        CardType::ScenicTicket => t.scenic_ticket,
        CardType::MovieTicket => t.movie_ticket,
        CardType::BoardingPass => t.boarding_pass,
        CardType::MeetingTicket => t.meeting_ticket,
        CardType::BusTicket => t.bus_ticket,
        CardType::GeneralCard => t.general_card,
    }
}

/// The word for a status, and the CSS class of its badge.
pub fn status(lang: Lang, status: CardStatus) -> (&'static str, &'static str) {
    let t = ViewTexts::of(lang);
    match status {
        CardStatus::NotVerify => (t.not_verify, "warn"),
        CardStatus::VerifyFail => (t.verify_fail, "bad"),
        CardStatus::VerifyOk => (t.verify_ok, "good"),
        CardStatus::Dispatch => (t.dispatch, "good"),
        CardStatus::Delete => (t.deleted, ""),
    }
}

texts! {
    /// The words for cards.
    ViewTexts {
        discount: "Discount", "折扣券";
        cash: "Cash voucher", "代金券";
        gift: "Gift coupon", "兑换券";
        general_coupon: "General coupon", "优惠券";
        groupon: "Group purchase", "团购券";
        member_card: "Member card", "会员卡";
        scenic_ticket: "Scenic spot ticket", "景区门票";
        movie_ticket: "Movie ticket", "电影票";
        boarding_pass: "Boarding pass", "飞机票";
        meeting_ticket: "Conference ticket", "会议门票";
        bus_ticket: "Bus ticket", "汽车票";
        general_card: "Gift card", "礼品卡";
        voucher: "Exchange card", "兑换卡";
        campus_card: "Campus card", "校园卡";
        not_verify: "In review", "审核中";
        verify_fail: "Refused", "未通过";
        verify_ok: "Passed", "已通过";
        dispatch: "Put out", "已投放";
        deleted: "Deleted", "已删除";
        term_from: "From the claim", "领取后";
        term_after: "Beginning", "领取后";
        term_then: "days after the claim, for", "天生效，有效";
        term_days: "days", "天有效";
        permanent: "For ever", "永久有效";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_card_has_the_colour_that_was_picked() {
        let colors = [("Color010", "#63b359"), ("#123456", "#123456"), ("", NO_COLOR), ("red", NO_COLOR)];
        for (given, drawn) in colors {
            let Value::Object(section) = json!({"base_info": {"color": given}}) else { panic!("an object") };
            assert_eq!(CardFace::of_document(Lang::Zh, CardType::Cash, &section).color, drawn);
        }
    }

    #[test]
    fn text_is_white_on_dark_colours_and_dark_on_light_ones() {
        for (color, class) in [
            ("#000000", "white-ink"),
            ("#5e6671", "white-ink"),
            ("#e4b138", "dark-ink"),
            ("#ffffff", "dark-ink"),
        ] {
            assert_eq!(ink(color), class, "{color}");
        }
    }

    #[test]
    fn a_general_card_is_named_after_its_kind() {
        for (kind, en, zh) in [
            (json!("GIFT_CARD"), "Gift card", "礼品卡"),
            (json!("VOUCHER"), "Exchange card", "兑换卡"),
            (json!("CAMPUS_CARD"), "Campus card", "校园卡"),
            (json!(null), "Gift card", "礼品卡"),
        ] {
            let mut section = Object::new();
            section.insert("sub_card_type".to_owned(), kind);
            for (lang, name) in [(Lang::En, en), (Lang::Zh, zh)] {
                assert_eq!(CardFace::of_document(lang, CardType::GeneralCard, &section).kind, name);
            }
        }
        assert_eq!(kind_of(Lang::En, CardType::Cash, &Object::new()), "Cash voucher");
    }
}
